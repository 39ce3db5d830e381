import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { openEnvFile, readKeyFromEnvFile } from './env-file.ts';

const apiKey = 'kupe_7f3b2c1d_x-y_z';

it('D2: is a shell file that a script can source, readable by its owner only, also over a wider one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-env-'));
  const path = join(folder, 'kupe.env');
  await writeFile(path, 'old', { mode: 0o644 });
  expect(await readKeyFromEnvFile(path)).toBeUndefined();
  await (await openEnvFile(path)).write({ host: 'http://127.0.0.1:8080', tenant: 'demo', apiKey });
  const { stdout } = await promisify(execFile)('sh', ['-c', `. '${path}'; sh -c 'echo $KUPE_HOST $KUPE_TENANT $KUPE_API_KEY'`]);
  expect(stdout.trim()).toBe(`http://127.0.0.1:8080 demo ${apiKey}`);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readKeyFromEnvFile(path)).toBe(apiKey);
  expect(await readKeyFromEnvFile(join(folder, 'none'))).toBeUndefined();
  await rm(folder, { recursive: true });
});

it('says before the start that a file cannot be written, and leaves nothing behind', async () => {
  await expect(openEnvFile('/nowhere/at/all/kupe.env')).rejects.toThrow(/\(ENOENT\).*choose another with --write-env/);
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-env-'));
  await (await openEnvFile(join(folder, 'kupe.env'))).discard();
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});

it('keeps the former file on a full disk, and writes into the room that it made sure of', async (context) => {
  const disk = await mkdtemp(join(tmpdir(), 'openkupe-env-'));
  const run = promisify(execFile);
  const isMounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).then(
    () => true,
    () => false,
  );
  if (!isMounted) return context.skip('needs the right to mount a file system');
  onTestFinished(async () => {
    await run('umount', [disk]);
  });
  const path = join(disk, 'kupe.env');
  await writeFile(path, 'former');
  const reserved = await openEnvFile(path);
  await writeFile(join(disk, 'ballast'), Buffer.alloc(128 * 1024)).catch(() => undefined);
  await reserved.write({ host: 'http://127.0.0.1:8080', tenant: 'demo', apiKey });
  expect(await readKeyFromEnvFile(path)).toBe(apiKey);
  await writeFile(join(disk, 'more'), Buffer.alloc(64 * 1024)).catch(() => undefined);
  await expect(openEnvFile(path)).rejects.toThrow('ENOSPC');
  expect(await readKeyFromEnvFile(path)).toBe(apiKey);
});
