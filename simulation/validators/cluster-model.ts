import type { Change, CommitOutcome, Write } from '../../packages/server/src/store/store.ts';
import { idsIn } from '../workload/edit-clusters.ts';
import type { Stored, Validator } from '../world/observers.ts';

/** A cluster as the commits of the store say it is. */
export interface ModelledCluster {
  readonly uid: string;
  readonly tenant: string;
  readonly name: string;
  /** The id of the operation that created it, the last word of its display name. */
  readonly createdBy: string;
  ids: readonly string[];
  isDeleting: boolean;
  isGone: boolean;
}

/** Every cluster there ever was, followed commit by commit. */
export interface ClusterModel {
  readonly all: readonly ModelledCluster[];
  /** The one that has the name now, while it is not gone. */
  current(tenant: string, name: string): ModelledCluster | undefined;
}

/** The writes of a commit that the store has made; none of any other call. */
export function writesOf({ method, args, result }: Stored): readonly Write[] {
  if (method !== 'commit' || (result as CommitOutcome).outcome !== 'written') return [];
  return (args[0] as Change).writes;
}

/**
 * Follows the rows of clusters, and checks each commit: an update keeps every id that was appended before (no lost update), appends none twice,
 * and no cluster comes back once its deletion was accepted.
 */
export function followClusters(): { readonly model: ClusterModel; readonly validators: readonly Validator[] } {
  const all: ModelledCluster[] = [];
  const byKey = new Map<string, ModelledCluster>();
  const current = (tenant: string, name: string) => byKey.get(`${tenant}/${name}`);

  function checkUpdate(row: ModelledCluster, ids: readonly string[]): void {
    const missing = row.ids.filter((id) => !ids.includes(id));
    if (missing.length > 0) throw new Error(`cluster ${row.tenant}/${row.name} lost ${missing.join(', ')} in an update`);
    if (new Set(ids).size < ids.length) throw new Error(`cluster ${row.tenant}/${row.name} has an id twice: ${ids.join(', ')}`);
  }
  const lostUpdates: Validator = {
    name: 'no-lost-update',
    stored(fact) {
      for (const write of writesOf(fact)) {
        if (write.verb !== 'update-if' || write.key.kind !== 'cluster') continue;
        const row = current(write.key.tenant, write.key.name);
        if (row) checkUpdate(row, idsIn((write.spec as { alerts?: unknown }).alerts));
      }
    },
  };
  const comingBack: Validator = {
    name: 'deleted-stays-deleted',
    stored(fact) {
      for (const write of writesOf(fact)) {
        if (write.key.kind !== 'cluster') continue;
        const row = current(write.key.tenant, write.key.name);
        if (write.verb === 'create' && row) throw new Error(`cluster ${row.tenant}/${row.name} was created while it is there`);
        if (write.verb === 'update-if' && (!row || row.isDeleting)) throw new Error(`a deleted cluster ${write.key.name} was changed`);
        if (write.verb === 'delete-if' && !row?.isDeleting) throw new Error(`cluster ${write.key.name} was removed without a deletion`);
      }
    },
  };
  /** Comes last, because the others compare a commit with what was there before it. */
  const following: Validator = {
    name: 'cluster-model',
    stored(fact) {
      for (const write of writesOf(fact)) {
        const { kind, tenant, name } = write.key;
        if (kind !== 'cluster') continue;
        const row = current(tenant, name);
        if (write.verb === 'create') {
          const { displayName, alerts } = write.spec as { displayName: string; alerts?: unknown };
          const createdBy = displayName.split(' ').at(-1) ?? '';
          const made = { uid: write.uid, tenant, name, createdBy, ids: idsIn(alerts), isDeleting: false, isGone: false };
          all.push(made);
          byKey.set(`${tenant}/${name}`, made);
        } else if (row && write.verb === 'update-if') row.ids = idsIn((write.spec as { alerts?: unknown }).alerts);
        else if (row && write.verb === 'mark-deleted-if') row.isDeleting = true;
        else if (row && write.verb === 'delete-if') {
          row.isGone = true;
          byKey.delete(`${tenant}/${name}`);
        }
      }
    },
  };
  return { model: { all, current }, validators: [lostUpdates, comingBack, following] };
}
