import { LIMITS, SUGGESTED_WAITS } from '@openkupe/contract';
import { unavailable } from '../errors/refusal.ts';
import type { ResourceKey } from '../store/resource.ts';
import type { EventEntry, Write } from '../store/store.ts';
import type { OperatorCall, OperatorPorts } from './operator-route.ts';

/** Where the audit keeps what concerns no single tenant; no tenant can have this name. */
export const PLATFORM_AUDIT = '-';

export interface OperatorChange {
  /** Whose audit it belongs to. */
  readonly tenant: string;
  readonly target: string;
  readonly writes: readonly Write[];
  readonly events?: readonly EventEntry[];
  /** Resources that the reconciler has to look at, now. */
  readonly wake?: readonly ResourceKey[];
}

/** Commits what `decide` says together with its audit row, and decides again on what is there now when another commit was faster. */
export async function change<Decided extends OperatorChange>(
  call: OperatorCall,
  ports: OperatorPorts,
  decide: (now: number) => Promise<Decided>,
): Promise<Decided> {
  for (let round = 0; round < LIMITS.commitRounds; round += 1) {
    const at = ports.clock.now();
    const decided = await decide(at);
    const outcome = await ports.store.commit({
      at,
      writes: decided.writes,
      events: decided.events ?? [],
      wake: decided.wake ?? [],
      audit: { tenant: decided.tenant, actor: call.actor, action: call.action, target: decided.target, requestId: call.requestId },
    });
    if (outcome.outcome === 'written') return decided;
  }
  throw unavailable('Too many writers are changing this at once; try again', SUGGESTED_WAITS.storeMs, 'contended');
}
