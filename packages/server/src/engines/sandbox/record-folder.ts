import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeDrafts } from '@openkupe/files/draft';
import { BrokenDataError } from '../../store/broken-data.ts';
import { replaceStoredFile } from '../../store/replace-stored-file.ts';
import type { Authority } from './certificates.ts';
import type { ClusterRecord } from './cluster-record.ts';

/** One JSON file per cluster, readable by the owner alone, because it holds the key of the cluster's authority. */
export interface RecordFolder {
  /** Every record in the folder, and the uid of each that cannot be read, with why. */
  load(): Promise<{ readonly records: ClusterRecord[]; readonly broken: ReadonlyMap<string, BrokenDataError> }>;
  /** Replaces the record as a whole: after a crash the old or the new one is there. */
  save(record: ClusterRecord): Promise<void>;
  /** Removes the record; nothing happens when there is none. */
  remove(uid: string): Promise<void>;
}

const UID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Opens the folder, making it if it is not there. `requirePlace` is asked before every change and throws where the folder was replaced. */
export async function openRecordFolder(folder: string, requirePlace: () => void): Promise<RecordFolder> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const pathOf = (uid: string) => {
    if (!UID.test(uid)) throw new Error(`Cannot keep a sandbox cluster under the uid "${uid}": use up to 64 letters, digits, "-" or "_"`);
    return join(folder, `${uid}.json`);
  };
  return {
    async load() {
      await removeDrafts(folder);
      const names = await readdir(folder);
      const records: ClusterRecord[] = [];
      const broken = new Map<string, BrokenDataError>();
      for (const name of names.filter((one) => one.endsWith('.json'))) {
        const uid = name.slice(0, -'.json'.length);
        const found = await read(join(folder, name), uid);
        if (found instanceof BrokenDataError) broken.set(uid, found);
        else records.push(found);
      }
      return { records, broken };
    },
    async save(record) {
      const path = pathOf(record.uid);
      requirePlace();
      await replaceStoredFile(path, JSON.stringify(record, undefined, 2));
    },
    async remove(uid) {
      requirePlace();
      // NOTE: recursive, because what cannot be read may be a folder, and is removed all the same.
      await rm(pathOf(uid), { recursive: true, force: true });
    },
  };
}

async function read(path: string, uid: string): Promise<ClusterRecord | BrokenDataError> {
  const what = `sandbox record "${uid}.json"`;
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as ClusterRecord;
    if (record.uid === uid && isWhole(record)) return record;
    return new BrokenDataError(what, 'it is not a record that this version wrote');
  } catch (error) {
    return new BrokenDataError(what, error instanceof SyntaxError ? 'it is not JSON' : String(error));
  }
}

/** What every use of a record relies on. */
function isWhole({ format, tenant, name, version, createdAt, readyAt, rolledOutAt, generation, authority }: ClusterRecord): boolean {
  const areTexts = [tenant, name, version, authority?.certificatePem].every((value) => typeof value === 'string');
  return format === 1 && areTexts && [createdAt, readyAt, rolledOutAt, generation].every(Number.isFinite) && isUsable(authority);
}

/** Whether the certificate and its key can be parsed and belong together: without them no endpoint of the cluster can be opened any more. */
function isUsable({ certificatePem, privateKeyPem }: Authority): boolean {
  try {
    return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem));
  } catch {
    return false;
  }
}
