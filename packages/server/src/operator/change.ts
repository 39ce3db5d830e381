import type { AuditedField } from '@openkupe/contract';
import { auditEntry, LOCAL } from '../audit/audit-entry.ts';
import { commitInRounds } from '../store/commit.ts';
import type { Resource } from '../store/resource.ts';
import type { Change } from '../store/store.ts';
import type { OperatorCall, OperatorPorts } from './operator-route.ts';

/** Where the audit keeps what concerns no single tenant; no tenant can have this name. */
export const PLATFORM_AUDIT = '-';

/** What an operation writes, with what the audit says about it. Plain data. */
interface OperatorChange extends Pick<Change, 'writes' | 'ledger' | 'events' | 'wake'> {
  /** Whose audit it belongs to. */
  readonly tenant: string;
  readonly target: string;
  /** What the writes replace. */
  readonly before?: Resource | undefined;
  /** The fields that moved, where they do not stand in what is written. */
  readonly fields?: readonly AuditedField[];
}

/** What an operation decided: what it shows, alone where there is nothing to change. */
type OperatorDecision<Shown> = { readonly shown: Shown } | (OperatorChange & { readonly shown: Shown });

/** The uid of the tenant that a change belongs to, which may be made by it; empty for what concerns no single tenant. */
async function tenantUidOf({ tenant, writes }: OperatorChange, store: Pick<OperatorPorts['store'], 'get'>): Promise<string> {
  const made = writes.find(({ key }) => key.kind === 'tenant');
  if (made?.verb === 'create') return made.uid;
  return tenant === PLATFORM_AUDIT ? '' : ((await store.get({ kind: 'tenant', tenant, name: tenant }))?.uid ?? '');
}

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
    const { tenant, target, before, fields, shown: _, ...changed } = decided;
    const who = { tenant, tenantUid: await tenantUidOf(decided, store), actor, action, address: LOCAL, requestId };
    const audit = auditEntry(who, { target, writes: changed.writes, loaded: [before], fields });
    const { outcome } = await store.commit({ at, ...changed, audit });
    return outcome === 'written' ? decided : undefined;
  });
  return shown;
}
