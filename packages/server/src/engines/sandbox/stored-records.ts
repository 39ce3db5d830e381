import type { Clock, Random } from '@openkupe/contract';
import { seal, unsealJson } from '../../crypto/seal.ts';
import { BrokenDataError, type DamageReport } from '../../store/broken-data.ts';
import type { Resource } from '../../store/resource.ts';
import type { Store, Write } from '../../store/store.ts';
import { deleteIf, newUid, updateIf } from '../../store/writes.ts';
import type { ClusterRecord } from './cluster-record.ts';
import type { ClusterRecords } from './cluster-records.ts';

/** What {@link openStoredRecords} needs. */
export interface StoredRecordPorts {
  readonly store: Pick<Store, 'get' | 'listReadable' | 'commit'>;
  /** The encryption key: 32 bytes. A record holds the private key of a CA. */
  readonly key: Uint8Array;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  readonly damage?: DamageReport;
}

const contextOf = (uid: string) => `sandbox:${uid}`;
const rowKey = (uid: string) => ({ kind: 'sandbox', tenant: '', name: uid }) as const;

function open({ name, spec }: Resource<'sandbox'>, key: Uint8Array): ClusterRecord {
  return unsealJson<ClusterRecord>(spec.sealed, contextOf(name), key, `sandbox record "${name}"`);
}

/** The record of one cluster as it is stored now; `undefined` where there is none. @throws {BrokenDataError} */
export async function readStoredRecord(
  { store, key }: Pick<StoredRecordPorts, 'store' | 'key'>,
  uid: string,
): Promise<ClusterRecord | undefined> {
  const row = await store.get(rowKey(uid));
  return row && open(row, key);
}

/** What a write fails with that another process was faster at: it runs the sandbox now. */
const overtaken = (uid: string) => new Error(`The sandbox record of "${uid}" was changed by another process, which runs the sandbox now`);

/**
 * The records of all clusters in the store, sealed: read once, then in memory, because one process at a time runs the sandbox. A write is refused where
 * another process was faster; one whose outcome is not known is looked for before the next one of that record, and may be what is there.
 * `restore` is applied to every record that is read.
 */
export async function openStoredRecords(
  ports: StoredRecordPorts,
  restore: (record: ClusterRecord) => ClusterRecord,
): Promise<ClusterRecords> {
  const { store, key, clock, random, damage } = ports;
  const rows = new Map<string, Resource<'sandbox'>>();
  const records = new Map<string, ClusterRecord>();
  const broken = new Map<string, BrokenDataError>();
  /** What writes may have left that were not seen to end, by uid: a sealed record, or `undefined` for none. */
  const attempted = new Map<string, Set<string | undefined>>();

  async function attempt(uid: string, write: Write, sealed?: string) {
    attempted.set(uid, (attempted.get(uid) ?? new Set()).add(sealed));
    return store.commit({ at: clock.now(), writes: [write] });
  }
  /** Takes what is there as ours where it is what such a write was to leave; a seal is random, so no other process has made an equal one. */
  async function settle(uid: string): Promise<void> {
    const tried = attempted.get(uid);
    if (!tried) return;
    const row = await store.get(rowKey(uid));
    if (!tried.has(row?.spec.sealed)) return;
    if (row) rows.set(uid, row);
    else rows.delete(uid);
  }

  for (const row of await store.listReadable('sandbox')) {
    rows.set(row.name, row);
    try {
      records.set(row.name, restore(open(row, key)));
    } catch (error) {
      if (!(error instanceof BrokenDataError)) throw error;
      broken.set(row.name, error);
      damage?.note(error, () => broken.has(row.name));
    }
  }
  return {
    get: (uid) => records.get(uid),
    all: () => [...records.values()],
    broken,
    async save(record) {
      const { uid } = record;
      await settle(uid);
      const row = rows.get(uid);
      const spec = { sealed: seal(JSON.stringify(record), contextOf(uid), key, random) };
      const write = row ? updateIf(row, spec) : ({ verb: 'create', key: rowKey(uid), uid: newUid(random), spec, observed: {} } as const);
      const { outcome } = await attempt(uid, write, spec.sealed);
      const written = outcome === 'written' ? await store.get(rowKey(uid)) : undefined;
      if (!written) throw overtaken(uid);
      attempted.delete(uid);
      rows.set(uid, written);
      records.set(uid, record);
      return record;
    },
    async remove(uid) {
      await settle(uid);
      const row = rows.get(uid);
      if (row) {
        const { outcome } = await attempt(uid, deleteIf(row));
        if (outcome === 'stale') throw overtaken(uid);
      }
      for (const kept of [rows, records, broken, attempted]) kept.delete(uid);
    },
  };
}
