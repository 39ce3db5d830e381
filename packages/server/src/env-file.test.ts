import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { checkEnvFile, readKeyFromEnvFile, writeEnvFile } from './env-file.ts';

const apiKey = 'kupe_7f3b2c1d_x-y_z';

it('D2: is a shell file that a script can source, readable by its owner only, also over a wider one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-env-'));
  const path = join(folder, 'kupe.env');
  await writeFile(path, 'old', { mode: 0o644 });
  expect(await readKeyFromEnvFile(path)).toBeUndefined();
  await writeEnvFile(path, { host: 'http://127.0.0.1:8080', tenant: 'demo', apiKey });
  const { stdout } = await promisify(execFile)('sh', ['-c', `. '${path}'; sh -c 'echo $KUPE_HOST $KUPE_TENANT $KUPE_API_KEY'`]);
  expect(stdout.trim()).toBe(`http://127.0.0.1:8080 demo ${apiKey}`);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readKeyFromEnvFile(path)).toBe(apiKey);
  expect(await readKeyFromEnvFile(join(folder, 'none'))).toBeUndefined();
  await rm(folder, { recursive: true });
});

it('says before the start that a file cannot be written', async () => {
  await expect(checkEnvFile('/nowhere/at/all/kupe.env')).rejects.toThrow('choose another with --write-env');
  await checkEnvFile(join(tmpdir(), 'kupe.env'));
});
