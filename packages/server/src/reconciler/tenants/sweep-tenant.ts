import type { Random } from '@openkupe/contract';
import type { SecretValues } from '../../secrets-backend/secret-values.ts';
import type { Resource, ResourceKey } from '../../store/resource.ts';
import type { Store, Write } from '../../store/store.ts';
import { deleteIf, keyOf, newUid, updateIf } from '../../store/writes.ts';
import { CONFIRM_MS, type ConfirmedTime } from '../../time/confirmed-time.ts';
import { AT_ONCE, type StepOutcome } from '../outcome.ts';

/** What removing a tenant, and sweeping afterwards, use. */
export interface SweepPorts {
  readonly store: Store;
  readonly values: Pick<SecretValues, 'forget'>;
  readonly confirmedTime: Pick<ConfirmedTime, 'now'>;
  readonly random: Random;
}

/** For so long after a tenant was removed something that was decided before it may still be written. */
const SWEEP_MS = 60_000;
/** The name of the row that says when the tenant was removed, of the kind `deletion-attempt`. It goes with the last sweep. */
export const REMOVAL = 'removal';
/** Kinds that are deleted with the row of the tenant. Clusters and secrets are deleted before it; invoices stay. */
const DEPENDENT = ['api-key', 'alertmanager', 'webhook', 'secret-value', 'deletion-attempt'] as const;

const removalKey = (name: string) => ({ kind: 'deletion-attempt', tenant: name, name: REMOVAL }) as const;

/** Writes that remove what goes with a tenant, and the keys of those that have events; what is no resource of the API has none. */
export async function dependentRows(store: Store, name: string): Promise<{ writes: Write[]; keys: ResourceKey[] }> {
  const rows = (await Promise.all(DEPENDENT.map((kind) => store.list<(typeof DEPENDENT)[number]>(kind, name)))).flat();
  const going = rows.filter((row) => row.kind !== 'deletion-attempt' || row.name !== REMOVAL);
  const writes = going.map((row) => deleteIf(row) as Write);
  return { writes, keys: going.filter(({ kind }) => kind !== 'secret-value' && kind !== 'deletion-attempt').map(keyOf) };
}

/** Keeps when the tenant is removed, in the transaction that removes it: a sweep is owed from then on, whatever becomes of this process. */
export async function noteRemoval({ store, confirmedTime, random }: SweepPorts, name: string): Promise<Write> {
  const key = removalKey(name);
  const earlier = await store.get(key);
  const spec = { at: confirmedTime.now() };
  return earlier ? updateIf(earlier, spec) : { verb: 'create', key, uid: newUid(random), spec, observed: {} };
}

/** How long a sweep is still owed. Where the removal is dated further ahead than clocks of processes may be apart, one of them was wrong. */
function owedMs(removal: Resource<'deletion-attempt'> | undefined, now: number): number {
  const leftMs = removal ? removal.spec.at + SWEEP_MS - now : 0;
  return leftMs > SWEEP_MS + CONFIRM_MS ? 0 : Math.min(SWEEP_MS, Math.max(0, leftMs));
}

/**
 * Removes what was written after the removal, though decided before it: keys would be valid for a later tenant of the same name, and values would be its
 * secrets. Looks whenever it is called, and once more when the time is over.
 */
export async function sweepTenant({ store, values, confirmedTime }: SweepPorts, name: string): Promise<StepOutcome> {
  const removal = await store.get(removalKey(name));
  const now = confirmedTime.now();
  const leftMs = owedMs(removal, now);
  // NOTE: without a tenant that was removed, values may have been put for one that is still to be made.
  if (removal) await values.forget(name);
  const { writes } = await dependentRows(store, name);
  if (removal && leftMs === 0) writes.push(deleteIf(removal));
  const outcome = writes.length > 0 ? (await store.commit({ at: now, writes })).outcome : 'written';
  if (outcome !== 'written') return AT_ONCE;
  return leftMs > 0 ? { outcome: 'again', afterMs: leftMs } : { outcome: 'done' };
}
