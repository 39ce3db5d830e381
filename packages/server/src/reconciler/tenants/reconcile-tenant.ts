import type { Clock, Plan } from '@openkupe/contract';
import { issueFinalInvoice } from '../../billing/close-period.ts';
import { clusterEntries } from '../../billing/ledger-entries.ts';
import type { Log } from '../../log/log.ts';
import type { LedgerEntry } from '../../store/ledger.ts';
import type { Resource } from '../../store/resource.ts';
import type { Change, LeasedWork, Write } from '../../store/store.ts';
import { deleteIf, keyOf, observeIf } from '../../store/writes.ts';
import { AT_ONCE, type StepOutcome } from '../outcome.ts';
import { dependentRows, noteRemoval, type SweepPorts, sweepTenant } from './sweep-tenant.ts';

/** What the deletion of tenants needs. */
export interface TenantPorts extends SweepPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly loadPlans: () => Promise<readonly Plan[]>;
}

/** Between two checks of a tenant whose clusters and secrets are being deleted. */
const DELETING_CHECK_MS = 1_000;
/** Rows marked by one commit. */
const MARK_BATCH = 100;

/** Kinds that the reconciler deletes step by step. */
const RECONCILED = ['cluster', 'secret'] as const;

/**
 * Deletes the resources of a deleted tenant, one step at a time: marks its clusters and secrets, waits until they are gone, issues the
 * final invoice, then removes API keys and tenant in one transaction, and sweeps up a minute later. Level-triggered, so it can be interrupted and repeated anywhere.
 */
export async function reconcileTenant(ports: TenantPorts, work: LeasedWork, holdsLease: () => boolean): Promise<StepOutcome> {
  const { store, clock, confirmedTime } = ports;
  const { tenant: name } = work.key;
  const tenant = await store.get({ kind: 'tenant', tenant: name, name });
  if (!tenant) return sweepTenant(ports, name);
  if (tenant.deletedAt === undefined) return { outcome: 'done' };

  const going = (await Promise.all(RECONCILED.map((kind) => store.list<'cluster' | 'secret'>(kind, name)))).flat();
  const staying = going.filter(({ deletedAt }) => deletedAt === undefined);
  if (staying.length > 0) {
    await store.commit(marking(staying.slice(0, MARK_BATCH), clock.now(), confirmedTime.now()));
    return AT_ONCE;
  }
  if (going.length > 0) return { outcome: 'again', afterMs: DELETING_CHECK_MS };
  try {
    await issueFinalInvoice({ store, plans: await ports.loadPlans() }, tenant, confirmedTime.now());
  } catch (error) {
    return { outcome: 'failed', what: 'final-invoice', error };
  }
  // NOTE: files of values have no fence: a later tenant of the name may have some by now.
  return holdsLease() ? removeTenant(ports, tenant, work) : AT_ONCE;
}

function ledgerOf(row: Resource<'cluster' | 'secret'>, now: number): readonly LedgerEntry[] {
  return row.kind === 'cluster' ? clusterEntries(row as Resource<'cluster'>, { deletedAt: now }, now) : [];
}

/** The same change as a DELETE of each of them. A row that changed meanwhile makes it stale; the next step marks it. */
function marking(rows: readonly Resource<'cluster' | 'secret'>[], now: number, billedNow: number): Change {
  const writes = rows.flatMap((row): Write[] => [
    { verb: 'mark-deleted-if', key: keyOf(row), expectedVersion: row.resourceVersion } as Write,
    // NOTE: what a cluster is billed for depends on spec and status; had it become ready since it was loaded, its ledger entry would be wrong.
    observeIf(row) as Write,
  ]);
  return {
    at: now,
    writes,
    ledger: rows.flatMap((row) => ledgerOf(row, billedNow)),
    events: rows.map((row) => ({
      key: keyOf(row),
      type: 'deletion-accepted' as const,
      message: `Deletion of ${row.kind} "${row.name}" was accepted, because its tenant is being deleted`,
    })),
    wake: rows.map(keyOf),
  };
}

async function removeTenant(ports: TenantPorts, tenant: Resource<'tenant'>, fence: LeasedWork): Promise<StepOutcome> {
  const { store, values, clock, log } = ports;
  await values.forget(tenant.name);
  const { writes, keys } = await dependentRows(store, tenant.name);
  const message = `Tenant "${tenant.name}" is gone, and its API keys are revoked`;
  const { outcome } = await store.commit({
    at: clock.now(),
    writes: [...writes, await noteRemoval(ports, tenant.name), deleteIf(tenant, fence)],
    events: [
      ...keys.map((key) => ({ key, type: 'deleted' as const, message: `The ${key.kind} "${key.name}" went with its tenant` })),
      { key: keyOf(tenant), type: 'deleted', message },
    ],
    wake: keys.filter(({ kind }) => kind === 'alertmanager'),
  });
  if (outcome === 'written') log.info({ tenant: tenant.name }, message);
  return AT_ONCE;
}
