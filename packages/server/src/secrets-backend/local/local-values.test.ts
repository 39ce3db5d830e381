import { copyFile, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '@openkupe/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LocalValues, openLocalValues } from './local-values.ts';

const KEY = new Uint8Array(32).fill(7);
let folder: string;
let values: LocalValues;
const open = (key = KEY) => openLocalValues({ folder: join(folder, 'values'), key, random: systemRandom });
const files = () => readdir(join(folder, 'values'));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-values-'));
  values = await open();
});
afterEach(() => rm(folder, { recursive: true }));

describe('values in encrypted files', () => {
  it('are there after a restart, with a version that counts', async () => {
    expect(await values.read('acme', 'db')).toEqual({ outcome: 'missing' });
    expect(await values.put('acme', 'db', { password: 'one' })).toEqual({ outcome: 'put', version: '1' });
    expect(await values.put('acme', 'db', { password: 'two', more: '✓' })).toEqual({ outcome: 'put', version: '2' });
    const reopened = await open();
    expect(await reopened.read('acme', 'db')).toEqual({ outcome: 'found', version: '2', values: { password: 'two', more: '✓' } });
    expect(await reopened.read('other', 'db')).toEqual({ outcome: 'missing' });
  });

  it('show no tenant, path, key or value to a reader of the disk, and only the owner may read it', async () => {
    await values.put('acme', 'services/database', { password: 'correct horse battery staple' });
    const [name = ''] = await files();
    const text = `${name} ${await readFile(join(folder, 'values', name), 'utf8')}`;
    for (const clear of ['acme', 'database', 'password', 'correct horse', Buffer.from('correct horse').toString('base64url')]) {
      expect(text).not.toContain(clear);
    }
    expect((await stat(join(folder, 'values', name))).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'values'))).mode & 0o777).toBe(0o700);
  });

  it('cannot be read under another key, after a change, or at the place of another tenant', async () => {
    await values.put('acme', 'db', { password: 'x' });
    const [name = ''] = await files();
    expect((await (await open(new Uint8Array(32))).read('acme', 'db')).outcome).toBe('unavailable');
    await values.put('other', 'db', { password: 'y' });
    const [other = ''] = (await files()).filter((file) => file !== name);
    await copyFile(join(folder, 'values', name), join(folder, 'values', other));
    expect((await values.read('other', 'db')).outcome).toBe('unavailable');
    await writeFile(join(folder, 'values', name), 'garbage');
    expect((await values.read('acme', 'db')).outcome).toBe('unavailable');
  });

  it('go with their tenant and with no other, so that a later tenant of the name gets none of them', async () => {
    await values.put('acme', 'db', { password: 'x' });
    await values.put('acme', 'never/used', { password: 'x' });
    await values.put('other', 'db', { password: 'y' });
    await values.forget('acme');
    expect(await values.read('acme', 'db')).toEqual({ outcome: 'missing' });
    expect(await values.read('other', 'db')).toMatchObject({ outcome: 'found' });
    expect(await files()).toHaveLength(1);
  });

  it('are read, and forgotten, in files that an earlier release named', async () => {
    await values.put('acme', 'db', { password: 'x' });
    const [name = ''] = await files();
    await rename(join(folder, 'values', name), join(folder, 'values', name.replace(/^.*-/, '')));
    expect(await values.read('acme', 'db')).toMatchObject({ outcome: 'found', version: '1' });
    expect(await values.put('acme', 'db', { password: 'y' })).toMatchObject({ version: '2' });
    await values.forget('acme');
    expect(await files()).toEqual([]);
  });

  it('takes 1 MB under a key and refuses one byte more, leaving what was there', async () => {
    expect((await values.put('acme', 'db', { big: 'x'.repeat(1024 * 1024) })).outcome).toBe('put');
    const refused = await values.put('acme', 'db', { big: 'x'.repeat(1024 * 1024 + 1) });
    expect(refused).toEqual({ outcome: 'refused', message: 'The value of "big" has 1048577 bytes; at most 1048576 are possible' });
    expect(await values.read('acme', 'db')).toMatchObject({ version: '1' });
  });

  it('gives each of many writers a version of its own', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, (_, at) => values.put('acme', 'db', { at: String(at) })));
    expect(all.map((put) => (put.outcome === 'put' ? put.version : '')).sort()).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
  });
});
