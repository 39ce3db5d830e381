import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterRecord } from './cluster-record.ts';

/** One JSON file per cluster, readable by the owner alone, because it holds the key of the cluster's authority. */
export interface RecordFolder {
  /** Every record in the folder. */
  load(): Promise<ClusterRecord[]>;
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
      const names = await readdir(folder);
      await Promise.all(names.filter((name) => name.endsWith('.tmp')).map((name) => rm(join(folder, name), { force: true })));
      return Promise.all(names.filter((name) => name.endsWith('.json')).map((name) => read(join(folder, name))));
    },
    async save(record) {
      const path = pathOf(record.uid);
      requirePlace();
      await writeFile(`${path}.tmp`, JSON.stringify(record, undefined, 2), { mode: 0o600, flush: true });
      await rename(`${path}.tmp`, path);
    },
    async remove(uid) {
      requirePlace();
      await rm(pathOf(uid), { force: true });
    },
  };
}

async function read(path: string): Promise<ClusterRecord> {
  const text = await readFile(path, 'utf8');
  try {
    const record = JSON.parse(text) as ClusterRecord;
    if (record.format === 1) return record;
  } catch {
    // Falls through: a file that is no JSON is as unreadable as one of another format.
  }
  throw new Error(`Cannot read the sandbox cluster in ${path}: it was not written by this version; move the file away and start again`);
}
