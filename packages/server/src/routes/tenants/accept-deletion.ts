import { counted } from '@openkupe/contract';
import { conflict } from '../../errors/refusal.ts';
import type { Resource } from '../../store/resource.ts';
import type { Change, EventEntry } from '../../store/store.ts';
import { afterWrite, keyOf, markDeletedIf, observeIf } from '../../store/writes.ts';

/** 409 `already_terminating` when the deletion of the tenant was accepted before. */
export function refuseSecondDeletion({ name, deletedAt }: Resource<'tenant'>): void {
  if (deletedAt === undefined) return;
  throw conflict(
    `Tenant "${name}" is being deleted already; GET /api/v1/tenants/${name} answers 404 when it is gone`,
    'already_terminating',
  );
}

/** 409 `clusters_exist` when the tenant has clusters that are not being deleted, unless they are to be deleted with it. */
export function refuseClusters(tenant: Resource<'tenant'>, clusters: readonly Resource<'cluster'>[], cascade: boolean | undefined): void {
  const active = clusters.filter(({ deletedAt }) => deletedAt === undefined);
  if (active.length === 0 || cascade) return;
  const them = active.length === 1 ? 'it' : 'them';
  throw conflict(
    `Tenant "${tenant.name}" has ${counted(active.length, 'cluster')}; delete ${them} first, or send "cascade": true to delete ${them} too`,
    'clusters_exist',
  );
}

/**
 * The change that accepts the deletion of a tenant; the reconciler carries it out. The status of the tenant is written along, so that a
 * cluster that is created at the same time makes one of the two decide again.
 */
export function deletionOfTenant(
  tenant: Resource<'tenant'>,
  now: number,
): { readonly change: Pick<Change, 'writes' | 'wake'> & { readonly events: readonly EventEntry[] }; readonly deleted: Resource<'tenant'> } {
  const { name } = tenant;
  const key = keyOf(tenant);
  const write = markDeletedIf(tenant);
  const guarded = observeIf(tenant);
  const events: EventEntry[] = [{ key, type: 'deletion-accepted', message: `Deletion of tenant "${name}" was accepted` }];
  return {
    change: { writes: [write, guarded], events, wake: [key] },
    deleted: afterWrite(guarded, now, afterWrite(write, now, tenant)),
  };
}
