import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeDrafts } from '@openkupe/files/draft';
import { BrokenDataError, type DamageReport } from '../../store/broken-data.ts';
import { replaceStoredFile } from '../../store/replace-stored-file.ts';
import type { Authority } from '../x509/certificates.ts';
import type { ClusterRecord } from './cluster-record.ts';

/** The records of all clusters: read once, then in memory, with one JSON file each, which only its owner can read (it holds a private key). */
export interface ClusterRecords {
  get(uid: string): ClusterRecord | undefined;
  all(): readonly ClusterRecord[];
  /** Why a record cannot be read, by uid. */
  readonly broken: ReadonlyMap<string, BrokenDataError>;
  /** Replaces the record atomically: after a crash there is the old or the new one. Returns it. */
  save(record: ClusterRecord): Promise<ClusterRecord>;
  /** Removes the record, also one that cannot be read; does nothing when there is none. */
  remove(uid: string): Promise<void>;
}

const UID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/**
 * Opens the folder, making it if needed. `restore` is applied to every record that is read; `requirePlace` is called before every change
 * and throws where the folder was replaced since.
 */
export async function openClusterRecords(options: {
  readonly folder: string;
  readonly restore: (record: ClusterRecord) => ClusterRecord;
  readonly requirePlace?: (() => void) | undefined;
  readonly damage?: DamageReport | undefined;
}): Promise<ClusterRecords> {
  const { folder, restore, requirePlace, damage } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await removeDrafts(folder);
  const records = new Map<string, ClusterRecord>();
  const broken = new Map<string, BrokenDataError>();
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.json')) continue;
    const uid = name.slice(0, -'.json'.length);
    const found = await read(join(folder, name), uid);
    if (!(found instanceof BrokenDataError)) records.set(uid, restore(found));
    else {
      broken.set(uid, found);
      damage?.note(found, () => broken.has(uid));
    }
  }
  const pathOf = (uid: string) => {
    if (!UID.test(uid)) throw new Error(`Cannot keep a sandbox cluster under the uid "${uid}": use up to 64 letters, digits, "-" or "_"`);
    return join(folder, `${uid}.json`);
  };
  return {
    get: (uid) => records.get(uid),
    all: () => [...records.values()],
    broken,
    async save(record) {
      const path = pathOf(record.uid);
      requirePlace?.();
      await replaceStoredFile(path, JSON.stringify(record, undefined, 2));
      records.set(record.uid, record);
      return record;
    },
    async remove(uid) {
      requirePlace?.();
      // NOTE: recursive, because what cannot be read may be a folder.
      await rm(pathOf(uid), { recursive: true, force: true });
      records.delete(uid);
      broken.delete(uid);
    },
  };
}

async function read(path: string, uid: string): Promise<ClusterRecord | BrokenDataError> {
  const what = `sandbox record "${uid}.json"`;
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as ClusterRecord;
    if (record.uid === uid && isComplete(record)) return record;
    return new BrokenDataError(what, 'it is not a record that this version wrote');
  } catch (error) {
    return new BrokenDataError(what, error instanceof SyntaxError ? 'it is not JSON' : String(error));
  }
}

/** Whether every field that the engine relies on is there. */
function isComplete({ format, tenant, name, version, createdAt, readyAt, rolledOutAt, generation, authority }: ClusterRecord): boolean {
  const areTexts = [tenant, name, version, authority?.certificatePem].every((value) => typeof value === 'string');
  return format === 1 && areTexts && [createdAt, readyAt, rolledOutAt, generation].every(Number.isFinite) && isUsable(authority);
}

/** Whether certificate and key can be parsed and belong together: the endpoint of the cluster needs both. */
function isUsable({ certificatePem, privateKeyPem }: Authority): boolean {
  try {
    return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem));
  } catch {
    return false;
  }
}
