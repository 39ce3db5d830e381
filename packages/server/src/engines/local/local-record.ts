import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@openkupe/files/error-code';
import { BrokenDataError, type DamageReport } from '../../store/broken-data.ts';
import { replaceStoredFile } from '../../store/replace-stored-file.ts';
import type { ClusterRef } from '../engine.ts';
import type { Authority } from '../x509/certificates.ts';

/** What is kept of one cluster. Its data is in etcd. */
export interface LocalRecord extends Omit<ClusterRef, 'type'> {
  readonly format: 1;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** The generation passed to `apply` last, and the version it asks for (`v1.36.3`). */
  readonly generation: number;
  readonly version: string;
  /** What the API server said that it is, when it was ready last; empty before the first time. */
  readonly runningVersion: string;
  /** The port of the API server on loopback. */
  readonly port: number;
  /** The authority of the cluster: of its API server, and of its clients. */
  readonly authority: Authority;
  /** The key that tokens of ServiceAccounts are signed with, PEM. */
  readonly serviceAccountKeyPem: string;
  readonly isDestroyed?: true;
}

/** The records of all clusters: read once, then in memory, with a folder for each. */
export interface LocalRecords {
  get(uid: string): LocalRecord | undefined;
  /** Oldest first. */
  all(): readonly LocalRecord[];
  /** Why a record cannot be read, by uid. */
  readonly broken: ReadonlyMap<string, BrokenDataError>;
  /** The folder of a cluster, whether it has a record or not. */
  folderOf(uid: string): string;
  save(record: LocalRecord): Promise<LocalRecord>;
  /** Removes the record with its folder. */
  remove(uid: string): Promise<void>;
}

const UID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const FILE = 'cluster.json';

/** Opens the folder, making it if needed. `requirePlace` is called before every change, and throws where the folder was replaced since. */
export async function openLocalRecords(options: {
  readonly folder: string;
  readonly requirePlace: () => void;
  readonly damage: DamageReport;
}): Promise<LocalRecords> {
  const { folder, requirePlace, damage } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const records = new Map<string, LocalRecord>();
  const broken = new Map<string, BrokenDataError>();
  // NOTE: an operating system may keep files of its own there, such as .DS_Store.
  for (const uid of (await readdir(folder)).filter((name) => UID.test(name))) {
    const found = await read(join(folder, uid, FILE), uid);
    if (!found) continue;
    if (!(found instanceof BrokenDataError)) records.set(uid, found);
    else {
      broken.set(uid, found);
      damage.note(found, () => broken.has(uid));
    }
  }
  function folderOf(uid: string): string {
    if (!UID.test(uid)) throw new Error(`Cannot keep a local cluster under the uid "${uid}": use up to 64 letters, digits, "-" or "_"`);
    return join(folder, uid);
  }
  return {
    get: (uid) => records.get(uid),
    all: () => [...records.values()].sort((one, other) => one.createdAt - other.createdAt || (one.uid < other.uid ? -1 : 1)),
    broken,
    folderOf,
    async save(record) {
      requirePlace();
      await mkdir(folderOf(record.uid), { recursive: true, mode: 0o700 });
      await replaceStoredFile(join(folderOf(record.uid), FILE), JSON.stringify(record));
      records.set(record.uid, record);
      return record;
    },
    async remove(uid) {
      requirePlace();
      await rm(folderOf(uid), { recursive: true, force: true });
      records.delete(uid);
      broken.delete(uid);
    },
  };
}

/** `undefined` for a folder without a record: this process was killed before it wrote the first one, and nothing was started yet. */
async function read(path: string, uid: string): Promise<LocalRecord | BrokenDataError | undefined> {
  const what = `record of the local cluster "${uid}"`;
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as LocalRecord;
    if (record.uid === uid && isComplete(record)) return record;
    return new BrokenDataError(what, 'it is not a record that this version wrote');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    return new BrokenDataError(what, error instanceof SyntaxError ? 'it is not JSON' : String(error));
  }
}

/** Whether every field that the engine relies on is there, and certificate and key belong together. */
function isComplete({ format, tenant, name, version, runningVersion, generation, createdAt, port, ...keys }: LocalRecord): boolean {
  const { certificatePem, privateKeyPem } = keys.authority ?? {};
  const areTexts = [tenant, name, version, runningVersion, certificatePem, keys.serviceAccountKeyPem].every((it) => typeof it === 'string');
  if (format !== 1 || !areTexts || ![generation, createdAt, port].every(Number.isFinite)) return false;
  return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem));
}
