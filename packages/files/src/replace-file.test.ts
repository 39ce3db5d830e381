import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openDraft, removeDrafts, removeDraftsOf } from './draft.ts';
import { createFile, replaceFile } from './replace-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'openkupe-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  path = join(folder, 'secret');
});
const modeOf = (file: string) => statSync(file).mode & 0o777;

test('a file is replaced as a whole, for its owner only, and nothing is left beside it', async () => {
  writeFileSync(path, 'before', { mode: 0o644 });
  await replaceFile(path, 'äfter');
  expect([readFileSync(path, 'utf8'), modeOf(path), readdirSync(folder)]).toEqual(['äfter', 0o600, ['secret']]);
});

test('of many writers at once one is last, and the file is that of one of them', async () => {
  const texts = Array.from({ length: 20 }, (_, at) => `${at}`.repeat(100_000));
  await Promise.all(texts.map((text) => replaceFile(path, text)));
  expect(texts).toContain(readFileSync(path, 'utf8'));
  expect(readdirSync(folder)).toEqual(['secret']);
});

test('a link that somebody put in the place of a draft is not followed', async () => {
  const victim = join(folder, 'victim');
  writeFileSync(victim, 'victim');
  for (let count = 0; count < 1_000; count += 1) symlinkSync(victim, `${path}.${process.pid}-${count}.new`);
  await replaceFile(path, 'text');
  expect([readFileSync(victim, 'utf8'), readFileSync(path, 'utf8')]).toEqual(['victim', 'text']);
});

test('a file that cannot be replaced leaves nothing behind', async () => {
  mkdirSync(path);
  await expect(replaceFile(path, 'text')).rejects.toMatchObject({ code: 'EISDIR' });
  await expect(replaceFile(join(folder, 'none', 'secret'), 'text')).rejects.toMatchObject({ code: 'ENOENT' });
  expect(readdirSync(folder)).toEqual(['secret']);
});

test('a file is made once, by one of many', async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, (_, at) => createFile(path, `${at}`)));
  const made = outcomes.flatMap(({ status }, at) => (status === 'fulfilled' ? [`${at}`] : []));
  expect(made).toEqual([readFileSync(path, 'utf8')]);
  expect(outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason.code)).toEqual(Array(9).fill('EEXIST'));
  expect([modeOf(path), readdirSync(folder)]).toEqual([0o600, ['secret']]);
});

test('what a crash left behind is removed, and nothing else', async () => {
  for (const name of ['secret', 'secret.1-2.new', 'secret.new', 'new']) writeFileSync(join(folder, name), '');
  await removeDrafts(folder);
  expect(readdirSync(folder).sort()).toEqual(['new', 'secret', 'secret.new']);
});

test('what a crash left of one file is removed, and no draft of another one', async () => {
  for (const name of ['secret', 'secret.1-2.new', 'secret.1-2.new.1-2.new', 'env.1-2.new', 'new']) writeFileSync(join(folder, name), '');
  await removeDraftsOf(path);
  expect(readdirSync(folder).sort()).toEqual(['env.1-2.new', 'new', 'secret', 'secret.1-2.new.1-2.new']);
});

test('a draft that is not used leaves nothing', async () => {
  await (await openDraft(path, 10)).discard();
  expect(readdirSync(folder)).toEqual([]);
});

describe('a full disk', () => {
  /** A file system of 64 kB; undefined where this process may not mount one. */
  function mountSmallDisk(): string | undefined {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status !== 0) return undefined;
    onTestFinished(() => void spawnSync('umount', [disk]));
    return disk;
  }

  test('leaves the former file, also where there was room for a part of the new one', async (context) => {
    const disk = mountSmallDisk();
    if (!disk) return context.skip('needs the right to mount a file system');
    const file = join(disk, 'secret');
    await replaceFile(file, 'former');
    await expect(replaceFile(file, 'x'.repeat(100_000))).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(createFile(join(disk, 'new'), 'x'.repeat(100_000))).rejects.toMatchObject({ code: 'ENOSPC' });
    expect([readFileSync(file, 'utf8'), readdirSync(disk)]).toEqual(['former', ['secret']]);
  });

  test('takes what was reserved, and refuses to reserve what it has not', async (context) => {
    const disk = mountSmallDisk();
    if (!disk) return context.skip('needs the right to mount a file system');
    const file = join(disk, 'secret');
    const draft = await openDraft(file, 10_000);
    spawnSync('sh', ['-c', `cat /dev/zero > ${join(disk, 'ballast')}`]);
    await expect(openDraft(file, 10_000)).rejects.toMatchObject({ code: 'ENOSPC' });
    await draft.replace('x'.repeat(9_000));
    expect([readFileSync(file, 'utf8').length, readdirSync(disk).sort()]).toEqual([9_000, ['ballast', 'secret']]);
  });
});

describe('a disk that does not confirm', () => {
  const source = new URL('../../server/src/store/sqlite/testing/failing-fsync.c', import.meta.url).pathname;

  /** Replaces the file in a process whose fsync(2) fails for paths that end with `-wal`; the code of the error. */
  function replaceOnFailingDisk(file: string): string | undefined {
    const library = join(folder, 'failing-fsync.so');
    try {
      execFileSync('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl'], { stdio: 'ignore' });
    } catch {
      return undefined;
    }
    const module = new URL('replace-file.ts', import.meta.url).href;
    const script = `const { replaceFile } = await import(${JSON.stringify(module)});
      await replaceFile(${JSON.stringify(file)}, 'after').then(() => console.log('replaced'), ({ code }) => console.log(code));`;
    const env = { ...process.env, LD_PRELOAD: library, FAILING_FSYNC: folder };
    return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env }).stdout.trim();
  }

  test.for([
    ['the folder, so that the new name may be undone', 'folder-wal', 'EIO'],
    ['something else', 'folder', 'replaced'],
  ] as const)('%s', ([, name, outcome], context) => {
    mkdirSync(join(folder, name));
    const found = replaceOnFailingDisk(join(folder, name, 'secret'));
    if (found === undefined) return context.skip('needs a C compiler');
    expect(found).toBe(outcome);
    expect(existsSync(join(folder, name, 'secret'))).toBe(true);
  });
});
