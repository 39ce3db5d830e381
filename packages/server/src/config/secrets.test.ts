import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startInlineWriter } from '../store/sqlite/inline-writer.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { loadSecrets, type SecretsSettings } from './secrets.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openkupe-secrets-'));
  store = await openSqliteStore({ folder: join(folder, 'store'), startWriter: startInlineWriter });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});
const load = () => loadSecrets({ secrets: join(folder, 'secrets.json') }, { random: systemRandom, store });

it('makes them once, readable by the owner only, and reads the same ones again', async () => {
  const first = await load();
  expect(await load()).toEqual({ pepper: Buffer.from(first.pepper), answerKey: Buffer.from(first.answerKey) });
  expect(first.pepper).toHaveLength(32);
  expect(first.pepper).not.toEqual(first.answerKey);
  expect((await stat(join(folder, 'secrets.json'))).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['secrets.json', 'store']);
});

it('narrows a file that others can read', async () => {
  await load();
  await chmod(join(folder, 'secrets.json'), 0o644);
  await load();
  expect((await stat(join(folder, 'secrets.json'))).mode & 0o777).toBe(0o600);
});

it.each(['', '{', '{}', 'null', '7', '{"apiKeyPepper":"AAAA","answerKey":"AAAA"}'])(
  'refuses %j instead of making new ones, which would lock every key out',
  async (text) => {
    await writeFile(join(folder, 'secrets.json'), text);
    await expect(load()).rejects.toThrow(/restore it from a backup/);
  },
);

it('refuses a file that cannot be read, and says which', async () => {
  await mkdir(join(folder, 'secrets.json'));
  await expect(load()).rejects.toThrow(`The secrets file ${join(folder, 'secrets.json')} cannot be read (EISDIR)`);
});

const KEYS = { apiKeyPepper: Buffer.alloc(32, 1).toString('base64'), answerKey: Buffer.alloc(32, 2).toString('base64url') };
const loadGiven = (given: Partial<SecretsSettings>) =>
  loadSecrets(
    { secrets: join(folder, 'secrets.json') },
    { random: systemRandom, store, given: { file: undefined, text: undefined, ...given } },
  );

it('takes those of a file or a variable, changes nothing there, and makes none', async () => {
  const file = join(folder, 'given');
  await writeFile(file, JSON.stringify(KEYS), { mode: 0o444 });
  const secrets = await loadGiven({ file });
  expect(secrets).toEqual({ pepper: Buffer.alloc(32, 1), answerKey: Buffer.alloc(32, 2) });
  expect(await loadGiven({ text: JSON.stringify(KEYS) })).toEqual(secrets);
  expect((await stat(file)).mode & 0o777).toBe(0o444);
  await rm(file);
  await expect(loadGiven({ file })).rejects.toThrow(`${file} of OPENKUPE_SECRETS_FILE is missing`);
  expect(await readdir(folder)).toEqual(['store']);
});

it('refuses other ones than the store was made with, and never says what they are', async () => {
  await load();
  const others = JSON.stringify(KEYS);
  for (const given of [{ text: others }, { text: others.slice(1) }, { text: '{"apiKeyPepper":"hunter2"}' }]) {
    const refusal = await loadGiven(given).catch(String);
    expect(refusal).toMatch(/OPENKUPE_SECRETS (are not those that the database|is not valid JSON|has no usable "apiKeyPepper")/);
    expect(refusal).not.toMatch(new RegExp(`${KEYS.answerKey}|hunter2`));
  }
});
