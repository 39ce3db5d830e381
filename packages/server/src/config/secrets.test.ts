import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadSecrets } from './secrets.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openkupe-secrets-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('makes them once, readable by the owner only, and reads the same ones again', async () => {
  const first = await loadSecrets(folder, systemRandom);
  expect(await loadSecrets(folder, systemRandom)).toEqual({ pepper: Buffer.from(first.pepper), answerKey: Buffer.from(first.answerKey) });
  expect(first.pepper).toHaveLength(32);
  expect(first.pepper).not.toEqual(first.answerKey);
  expect((await stat(join(folder, 'secrets.json'))).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['secrets.json']);
});

it('narrows a file that others can read', async () => {
  await loadSecrets(folder, systemRandom);
  await chmod(join(folder, 'secrets.json'), 0o644);
  await loadSecrets(folder, systemRandom);
  expect((await stat(join(folder, 'secrets.json'))).mode & 0o777).toBe(0o600);
});

it.each(['', '{', '{}', '{"apiKeyPepper":"AAAA","answerKey":"AAAA"}'])(
  'refuses %j instead of making new ones, which would lock every key out',
  async (text) => {
    await writeFile(join(folder, 'secrets.json'), text);
    await expect(loadSecrets(folder, systemRandom)).rejects.toThrow(/restore it from a backup/);
  },
);
