import type { Load } from './load-configuration.ts';
import type { Candidate, PlannedParts } from './plan-parts.ts';
import type { Configuration } from './print-configuration.ts';
import { refusalMessage } from './refusal-message.ts';
import type { TenantPart } from './tenant-part.ts';

type Parts = ReadonlyMap<string, TenantPart>;

/** What {@link settleParts} works on. */
export interface SettleOptions extends PlannedParts {
  readonly print: (parts: Parts) => Configuration;
  readonly load: Load;
  /** The revision that runs, where it is one of ours. */
  readonly runningRevision: string | undefined;
}

/**
 * Brings base and suspects into force, and finds out which suspects are refused: together, then in halves. A half that is taken stays, so that every
 * configuration that is in force meanwhile has all that was taken before. Afterwards `base` is what is in force and `refusals` has the rest.
 * Resolves with what is wrong, for the log, where Alertmanager could not be asked.
 */
export async function settleParts({
  base,
  suspects,
  refusals,
  taken,
  print,
  load,
  runningRevision,
}: SettleOptions): Promise<string | undefined> {
  let wasRefused = false;

  async function settle(candidates: readonly Candidate[]): Promise<string | undefined> {
    const [first] = candidates;
    if (!first) return undefined;
    const next = new Map(base);
    for (const { tenant, part } of candidates) next.set(tenant, part);
    const loaded = await load(print(next), print(base));
    if (loaded.outcome === 'unknown') return loaded.detail;
    if (loaded.outcome === 'taken') {
      wasRefused = false;
      for (const { tenant, part } of candidates) {
        base.set(tenant, part);
        refusals.delete(tenant);
      }
      return undefined;
    }
    wasRefused = true;
    if (candidates.length === 1) {
      refusals.set(first.tenant, refusalMessage(loaded.said, first.tenant, first.document));
      return undefined;
    }
    const half = Math.ceil(candidates.length / 2);
    return (await settle(candidates.slice(0, half))) ?? (await settle(candidates.slice(half)));
  }

  /** Brings the base into force. Where it is refused, another release of Alertmanager runs, or another one of this program has printed it. */
  async function settleBase(): Promise<string | undefined> {
    const loaded = await load(print(base), print(base));
    if (loaded.outcome === 'unknown') return loaded.detail;
    if (loaded.outcome === 'taken') return undefined;
    base.clear();
    return await settle(taken);
  }

  if (suspects.length === 0) return print(base).revision === runningRevision ? undefined : await settleBase();
  const isBaseRunning = print(base).revision === runningRevision;
  const together = new Map([...base, ...suspects.map(({ tenant, part }) => [tenant, part] as const)]);
  const isDone = print(together).revision === runningRevision;
  if (isDone) {
    for (const [tenant, part] of together) base.set(tenant, part);
    return undefined;
  }
  const problem = (isBaseRunning ? undefined : await settleBase()) ?? (await settle(suspects));
  // NOTE: Alertmanager's metrics say that the last reload failed until one succeeds.
  return problem ?? (wasRefused ? await settleBase() : undefined);
}
