import type { Clock, Random } from '@openkupe/contract';
import { seal, unsealJson } from '../../crypto/seal.ts';
import { BrokenDataError, type DamageReport } from '../../store/broken-data.ts';
import { commitInRounds } from '../../store/commit.ts';
import type { Store } from '../../store/store.ts';
import { newUid, updateIf } from '../../store/writes.ts';
import type { LocalValues, PutOutcome } from '../local/local-values.ts';
import { problemWith, type Values } from '../secret-values.ts';
import { contextOf } from '../value-place.ts';

/** Where the sealed values are, and the key they are sealed with. */
export interface StoredValuesOptions {
  readonly store: Pick<Store, 'get' | 'commit'>;
  /** The encryption key: 32 bytes. */
  readonly key: Uint8Array;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  readonly damage: DamageReport;
  /** The files of this process, where a path is looked for that the store does not have. */
  readonly files: LocalValues;
  /** Whether paths that the store does not have are written to it, and not to the files. */
  readonly takesNew: boolean;
}

/**
 * The embedded secrets backend of several processes: values in the store, one row per path, each sealed with AES-256-GCM under the key of the
 * installation. The version of a path counts on from that of the file that the row has replaced. A store of one process keeps what was copied into it, and takes nothing new.
 */
export function createStoredValues({ store, key, clock, random, damage, files, takesNew }: StoredValuesOptions): LocalValues {
  const rowKey = (tenant: string, path: string) => ({ kind: 'secret-value', tenant, name: path }) as const;

  async function versionInFiles(tenant: string, path: string): Promise<number> {
    const found = await files.read(tenant, path);
    return found.outcome === 'found' ? Number(found.version) : 0;
  }
  async function replace(tenant: string, path: string, values: Values): Promise<PutOutcome | undefined> {
    const row = await store.get(rowKey(tenant, path));
    if (!row && !takesNew) return files.put(tenant, path, values);
    const versionBefore = row ? (row.spec.versionBefore ?? 0) : await versionInFiles(tenant, path);
    const sealed = seal(JSON.stringify(values), contextOf(tenant, path), key, random);
    const spec = { sealed, ...(versionBefore > 0 && { versionBefore }) };
    const write = row
      ? updateIf(row, spec)
      : ({ verb: 'create', key: rowKey(tenant, path), uid: newUid(random), spec, observed: {} } as const);
    const { outcome } = await store.commit({ at: clock.now(), writes: [write] });
    return outcome === 'written' ? { outcome: 'put', version: String(versionBefore + (row?.generation ?? 0) + 1) } : undefined;
  }

  return {
    async read(tenant, path) {
      const row = await store.get(rowKey(tenant, path));
      if (!row) return files.read(tenant, path);
      try {
        const values = unsealJson<Values>(row.spec.sealed, contextOf(tenant, path), key, `secret value "${tenant}/${path}"`);
        return { outcome: 'found', version: String((row.spec.versionBefore ?? 0) + row.generation), values };
      } catch (error) {
        if (error instanceof BrokenDataError) damage.note(error);
        return { outcome: 'unavailable', message: 'The stored values cannot be read; restore the database together with the secrets' };
      }
    },
    async put(tenant, path, values) {
      const message = problemWith(values);
      if (message !== undefined) return { outcome: 'refused', message };
      return commitInRounds('put values', () => replace(tenant, path, values));
    },
    // NOTE: rows are deleted in the transaction that deletes the tenant.
    forget: (tenant) => files.forget(tenant),
  };
}
