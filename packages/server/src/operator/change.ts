import { commitInRounds } from '../store/commit.ts';
import type { ResourceKey } from '../store/resource.ts';
import type { EventEntry, Write } from '../store/store.ts';
import type { OperatorCall, OperatorPorts } from './operator-route.ts';

/** Where the audit keeps what concerns no single tenant; no tenant can have this name. */
export const PLATFORM_AUDIT = '-';

/** What an operation writes, with what the audit says about it. Plain data. */
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
  return commitInRounds(`carry out ${call.action}`, async () => {
    const at = ports.clock.now();
    const decided = await decide(at);
    const { tenant, target, writes, events = [], wake = [] } = decided;
    const audit = { tenant, actor: call.actor, action: call.action, target, requestId: call.requestId };
    const { outcome } = await ports.store.commit({ at, writes, events, wake, audit });
    return outcome === 'written' ? decided : undefined;
  });
}
