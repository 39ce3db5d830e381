import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@openkupe/contract/clock';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { createFastClock } from '../testing/fast-clock.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { editFile, writeNewFile } from './edit-file.ts';
import { kubeconfigPath } from './path.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, 'config');
});
const clock = createFastClock(20);
const { signal } = new AbortController();
const modeOf = (file: string) => statSync(file).mode & 0o777;
const edit = (file: string, to: (text: string) => string) => editFile(file, to, clock, signal);

test('the former text is kept beside it, and both are for their owner only', async () => {
  writeFileSync(path, 'before', { mode: 0o644 });
  await edit(path, (text) => `${text} and after`);
  expect([readFileSync(path, 'utf8'), readFileSync(`${path}.bak`, 'utf8')]).toEqual(['before and after', 'before']);
  expect([modeOf(path), modeOf(`${path}.bak`)]).toEqual([0o600, 0o600]);
  expect(readdirSync(folder).sort()).toEqual(['config', 'config.bak']);
});

test('a file that is not there is made, with its folder, and no copy', async () => {
  const deep = join(folder, 'new', 'config');
  await edit(deep, (text) => `[${text}]`);
  expect(readFileSync(deep, 'utf8')).toBe('[]');
  expect([modeOf(deep), modeOf(join(folder, 'new'))]).toEqual([0o600, 0o700]);
  expect(existsSync(`${deep}.bak`)).toBe(false);
});

test('a symbolic link stays a link; what it points to changes', async () => {
  mkdirSync(join(folder, 'real'));
  writeFileSync(join(folder, 'real', 'config'), 'before');
  symlinkSync(join(folder, 'real', 'config'), path);
  await edit(path, () => 'after');
  expect(lstatSync(path).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(folder, 'real', 'config'), 'utf8')).toBe('after');
});

test('an edit that fails leaves the file as it was, and no lock', async () => {
  writeFileSync(path, 'before');
  const failing = edit(path, () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(readFileSync(path, 'utf8')).toBe('before');
  expect(readdirSync(folder)).toEqual(['config']);
});

test('eight edits at once are all made', async () => {
  writeFileSync(path, '');
  // NOTE: on the real clock, because on a fast one a busy machine uses up the patience with the lock.
  await Promise.all(Array.from({ length: 8 }, () => editFile(path, (text) => `${text}x`, systemClock, signal)));
  expect(readFileSync(path, 'utf8')).toBe('x'.repeat(8));
});

test("another program's lock is respected for ten seconds, then named", async () => {
  writeFileSync(path, 'before');
  writeFileSync(`${path}.lock`, '');
  const manual = createManualClock();
  const waiting = editFile(path, () => 'after', manual, signal).catch((error) => error);
  let failure: unknown;
  waiting.then((error) => {
    failure = error;
  });
  while (failure === undefined) await manual.advance(100);
  expect(failure).toMatchObject({ details: { exit: 1, next: [{ run: `rm ${path}.lock` }] } });
  expect(manual.monotonic()).toBeGreaterThanOrEqual(10_000);
  expect([readFileSync(path, 'utf8'), existsSync(`${path}.lock`)]).toEqual(['before', true]);
});

test('a folder in its place is refused', async () => {
  mkdirSync(path);
  await expect(edit(path, () => 'after')).rejects.toMatchObject({ details: { exit: 1 }, message: expect.stringContaining('EISDIR') });
  expect(readdirSync(folder)).toEqual(['config']);
});

test('a new file is never written over an old one', async () => {
  await writeNewFile(path, 'one');
  expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual(['one', 0o600]);
  await expect(writeNewFile(path, 'two')).rejects.toMatchObject({ details: { exit: 5 } });
  expect(readFileSync(path, 'utf8')).toBe('one');
});

test('the file that is edited: the first of $KUBECONFIG that can be written, else the first, else the one at home', () => {
  writeFileSync(path, '');
  const missing = join(folder, 'missing');
  expect(kubeconfigPath({ KUBECONFIG: `${missing}:${path}` }, '/home/me')).toBe(path);
  expect(kubeconfigPath({ KUBECONFIG: `:${missing}` }, '/home/me')).toBe(missing);
  expect(kubeconfigPath({}, '/home/me')).toBe('/home/me/.kube/config');
});

test('a full disk leaves the file, its copy and the folder as they were, and no half of a new file', async (context) => {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status !== 0) {
    return context.skip('needs the right to mount a file system');
  }
  onTestFinished(() => void spawnSync('umount', [disk]));
  const file = join(disk, 'config');
  writeFileSync(file, 'first');
  await edit(file, () => 'second');
  const ballast = join(disk, 'ballast');
  try {
    writeFileSync(ballast, Buffer.alloc(128 * 1024));
  } catch {
    // NOTE: full is what it should be.
  }
  await expect(edit(file, () => 'third')).rejects.toThrow(/^Nothing was changed, because the lock .* cannot be written \(ENOSPC\)/);
  // NOTE: room for the lock, and for half of the new text.
  truncateSync(ballast, statSync(ballast).size - 8_192);
  const sentence = /was left as it is, because it cannot be written \(ENOSPC\)/;
  await expect(edit(file, () => 'third'.repeat(2_000))).rejects.toThrow(sentence);
  await expect(writeNewFile(join(disk, 'new'), 'x'.repeat(10_000))).rejects.toThrow(/\(ENOSPC\)/);
  expect([readFileSync(file, 'utf8'), readFileSync(`${file}.bak`, 'utf8')]).toEqual(['second', 'first']);
  expect(readdirSync(disk).sort()).toEqual(['ballast', 'config', 'config.bak']);
});

test('a folder that cannot be made is named', async () => {
  writeFileSync(path, '');
  await expect(edit(join(path, 'deeper', 'config'), () => '')).rejects.toMatchObject({ details: { code: 'file', exit: 1 } });
});
