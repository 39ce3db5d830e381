import type { Clock } from '@openkupe/contract';
import type { Log } from '../log/log.ts';
import type { ResourceKey } from '../store/resource.ts';
import type { ListedKey, Store } from '../store/store.ts';
import { REMOVAL } from './tenants/sweep-tenant.ts';

/** Keys made due by one commit. */
const BATCH = 25;
/** After each batch the pause is this many times as long as the batch took, so that requests have most of the processor. */
const PAUSE = 9;
/** A batch counts as done after this, although other work is due all the time. */
const LONGEST_BATCH_MS = 10_000;
/** The longest pause: much of a long batch is waiting for the engine, which leaves the processor free. */
const LONGEST_PAUSE_MS = 10_000;
/** The pause after the store did not answer. */
const RETRY_MS = 10_000;

/** What {@link resync} needs. */
export interface ResyncPorts {
  readonly store: Pick<Store, 'keysAfter' | 'commit'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves when no work is due, or after `longestMs` milliseconds. */
  readonly untilNothingDue: (longestMs: number) => Promise<void>;
}

/** The work that a row may need: clusters and secrets always some, tenants while they are being deleted, and once more after they were removed. */
function toWake(row: ListedKey): readonly ResourceKey[] {
  const { kind, tenant, name, deletedAt } = row;
  if (kind === 'deletion-attempt') return name === REMOVAL ? [{ kind: 'tenant', tenant, name: tenant }] : [];
  return kind === 'tenant' && deletedAt === undefined ? [] : [row];
}

/**
 * Makes every cluster, secret and tenant that is being deleted or swept due once, because work items of the process before may be lost: a batch, and the
 * next when the reconciler is done with it and has paused. So memory does not grow with the store, and no request waits for more than a batch.
 */
export async function resync({ store, clock, log, untilNothingDue }: ResyncPorts, signal: AbortSignal): Promise<void> {
  const pause = (ms: number) => clock.sleep(ms, signal).catch(() => {});

  /** Tries until it is done; `undefined` once the signal has aborted. */
  async function persistently<T>(attempt: () => Promise<T>): Promise<T | undefined> {
    while (!signal.aborted) {
      try {
        return await attempt();
      } catch (error) {
        log.warn({ error: String(error) }, 'the resync after a start cannot go on; trying again');
        await pause(RETRY_MS);
      }
    }
    return undefined;
  }

  let pauseMs = 0;
  async function resyncBatch(wake: readonly ResourceKey[]): Promise<void> {
    if (wake.length === 0) return;
    if (pauseMs > 0) await pause(pauseMs);
    const startedMs = clock.monotonic();
    if (await persistently(() => store.commit({ at: clock.now(), writes: [], wake }))) await untilNothingDue(LONGEST_BATCH_MS);
    pauseMs = Math.min(LONGEST_PAUSE_MS, PAUSE * (clock.monotonic() - startedMs));
  }

  for (const kind of ['cluster', 'secret', 'tenant', 'deletion-attempt'] as const) {
    let after: ListedKey | undefined;
    do {
      const page: readonly ListedKey[] | undefined = await persistently(() => store.keysAfter(kind, after, BATCH));
      if (!page) return;
      await resyncBatch(page.flatMap(toWake));
      after = page.length < BATCH ? undefined : page.at(-1);
    } while (after);
  }
}
