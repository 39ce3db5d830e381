import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { scratchFolder } from '../../../store/testing/scratch-folder.ts';
import { identityOf } from '../process-identity.ts';
import { makeOwnedFolder, removeLeftovers } from './owned-folder.ts';

let temporary: string;
beforeEach(() => {
  temporary = scratchFolder();
  vi.stubEnv('TMPDIR', temporary);
  onTestFinished(() => void vi.unstubAllEnvs());
});

async function startRecorded(folder: string, startedAt?: string): Promise<ChildProcess> {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  mkdirSync(join(folder, 'clusters', 'uid-one'), { recursive: true });
  const identity = { ...identityOf(child.pid ?? 0), ...(startedAt !== undefined && { startedAt }) };
  writeFileSync(join(folder, 'clusters', 'uid-one', 'kube-apiserver.pid'), JSON.stringify(identity));
  return child;
}
const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;
/** As if the process that made the folder were gone, and its id another one's by now. */
const orphan = (folder: string) => writeFileSync(join(folder, 'owner.json'), JSON.stringify({ pid: process.pid, startedAt: 'earlier' }));

it('ends what a run that is gone has left, and nothing that only has the id of it', async () => {
  const [left, reused] = [makeOwnedFolder(), makeOwnedFolder()];
  const [child, stranger] = [await startRecorded(left), await startRecorded(reused, 'earlier')];
  for (const folder of [left, reused]) orphan(folder);
  await removeLeftovers();
  await expect.poll(() => hasEnded(child)).toBe(true);
  expect(hasEnded(stranger)).toBe(false);
  expect([left, reused].map((folder) => existsSync(folder))).toEqual([false, false]);
});

it('leaves a run alone that goes on, one that begins, and a folder that others can write to', async () => {
  const going = makeOwnedFolder();
  const child = await startRecorded(going);
  const begun = mkdtempSync(join(temporary, 'openkupe-local-'));
  const foreign = join(temporary, 'openkupe-local-foreign');
  mkdirSync(foreign);
  orphan(foreign);
  await removeLeftovers();
  expect([going, begun, foreign].map((folder) => existsSync(folder))).toEqual([true, true, true]);
  expect(hasEnded(child)).toBe(false);
});
