import { commitInRounds } from '../store/commit.ts';
import type { Change } from '../store/store.ts';
import type { OperatorCall, OperatorPorts } from './operator-route.ts';

/** Where the audit keeps what concerns no single tenant; no tenant can have this name. */
export const PLATFORM_AUDIT = '-';

/** What an operation writes, with what the audit says about it. Plain data. */
interface OperatorChange extends Pick<Change, 'writes' | 'ledger' | 'events' | 'wake'> {
  /** Whose audit it belongs to. */
  readonly tenant: string;
  readonly target: string;
}

/** What an operation decided: what it shows, alone where there is nothing to change. */
type OperatorDecision<Shown> = { readonly shown: Shown } | (OperatorChange & { readonly shown: Shown });

/**
 * Commits what `decide` says together with its audit row, and decides again on what is there now when another commit was faster. Resolves
 * with what is shown.
 */
export async function change<Shown>(
  { actor, action, requestId }: OperatorCall,
  { clock, store }: Pick<OperatorPorts, 'clock' | 'store'>,
  decide: (now: number) => Promise<OperatorDecision<Shown>>,
): Promise<Shown> {
  const { shown } = await commitInRounds(`carry out ${action}`, async () => {
    const at = clock.now();
    const decided = await decide(at);
    if (!('writes' in decided)) return decided;
    const { tenant, target, shown: _, ...changed } = decided;
    const { outcome } = await store.commit({ at, ...changed, audit: { tenant, actor, action, target, requestId } });
    return outcome === 'written' ? decided : undefined;
  });
  return shown;
}
