import { existsSync, globSync, lstatSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@openkupe/contract';
import { identityOf, type ProcessIdentity } from '../process-identity.ts';
import { processRecordAt, terminate } from '../process-record.ts';

const PREFIX = 'openkupe-local-';
const OWNER = 'owner.json';

/** A new folder of a test run that says whose it is, so that {@link removeLeftovers} knows when that process is gone. */
export function makeOwnedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  writeFileSync(join(folder, OWNER), JSON.stringify(identityOf(process.pid)));
  return folder;
}

/** Whether this account alone can have written what is in the folder. Others may write beside it. */
function isPrivate(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}

/** Not by its command line, which a process of Vitest changes. A folder that does not say whose it is belongs to a run that begins. */
function isLeft(folder: string): boolean {
  if (!isPrivate(folder) || !existsSync(join(folder, OWNER))) return false;
  const { pid, startedAt } = JSON.parse(readFileSync(join(folder, OWNER), 'utf8')) as ProcessIdentity;
  return identityOf(pid)?.startedAt !== startedAt;
}

/** Ends the processes that runs which were killed have left, by the records in their folders, and removes these folders. */
export async function removeLeftovers(): Promise<void> {
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX));
  for (const folder of folders.map((name) => join(tmpdir(), name)).filter(isLeft)) {
    const records = globSync('{etcd,clusters/*}/*.pid', { cwd: folder }).map((path) => processRecordAt(join(folder, path)).read());
    await Promise.all(records.map((found) => found && terminate(found, systemClock)));
    await rm(folder, { recursive: true, force: true });
  }
}
