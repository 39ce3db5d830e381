import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFakeIo } from '../testing/fake-io.ts';
import { resolveHost, resolveKey, resolveTenant } from './settings.ts';

const io = createFakeIo({ input: 'kupe_from_stdin\n' });

describe('precedence: flag, then environment', () => {
  test.each([
    [{ host: 'a.example' }, { KUPE_HOST: 'b.example', KUPE_API_URL: 'c.example' }, 'https://a.example'],
    [{}, { KUPE_HOST: 'b.example', KUPE_API_URL: 'c.example' }, 'https://b.example'],
    [{}, { KUPE_API_URL: 'c.example' }, 'https://c.example'],
    [{ host: '' }, { KUPE_HOST: '', KUPE_API_URL: 'c.example' }, 'https://c.example'],
  ])('host of %j and %j is %s', (flags, env, expected) => expect(resolveHost(flags, env)).toBe(expected));

  test('tenant', () => {
    expect(resolveTenant({ tenant: 'a' }, { KUPE_TENANT: 'b' })).toBe('a');
    expect(resolveTenant({}, { KUPE_TENANT: 'b' })).toBe('b');
  });

  test('key', async () => {
    const tokenFile = join(mkdtempSync(join(tmpdir(), 'openkupe-')), 'token');
    writeFileSync(tokenFile, 'kupe_from_file\n');
    const env = { KUPE_API_KEY: 'kupe_key', KUPE_API_TOKEN: 'kupe_token' };
    await expect(resolveKey({ tokenFile }, env, io)).resolves.toBe('kupe_from_file');
    await expect(resolveKey({ tokenFile: '-' }, env, io)).resolves.toBe('kupe_from_stdin');
    await expect(resolveKey({}, env, io)).resolves.toBe('kupe_key');
    await expect(resolveKey({}, { KUPE_API_TOKEN: 'kupe_token' }, io)).resolves.toBe('kupe_token');
  });
});

describe('what is missing is named, with its exit code', () => {
  test('host and tenant: 2', () => {
    expect(() => resolveHost({}, {})).toThrow(expect.objectContaining({ details: expect.objectContaining({ exit: 2 }) }));
    expect(() => resolveTenant({}, {})).toThrow(/KUPE_TENANT.*--tenant/);
  });

  test.each([
    ['no key', {}, {}],
    ['an empty key', {}, { KUPE_API_KEY: '  ' }],
    ['a file that is not there', { tokenFile: '/nonexistent/token' }, { KUPE_API_KEY: 'kupe_key' }],
    ['a key over two lines', {}, { KUPE_API_KEY: 'kupe_secret_one\nkupe_secret_two' }],
  ])('%s: 3, and no key in the message', async (_, flags, env) => {
    const failure = await resolveKey(flags, env, io).catch((error) => error);
    expect(failure.details).toMatchObject({ exit: 3, code: 'no-credential' });
    expect(JSON.stringify([failure.message, failure.details])).not.toContain('secret');
  });
});
