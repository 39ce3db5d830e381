import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Environment } from '../io.ts';
import type { Login } from '../sign-in/logins-file.ts';
import { createFakeIo } from '../testing/fake-io.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { type ConnectionFlags, type ReadLogins, resolveCredentials, resolveHost, resolveHostAndTenant, resolveKey } from './settings.ts';

const io = createFakeIo({ input: 'kupe_from_stdin\n' });

const acme: Login = { kind: 'api-key', name: 'acme', host: 'https://a.example', tenant: 'acme', apiKey: 'kupe_acme' };
const other: Login = { kind: 'api-key', name: 'other', host: 'https://b.example', tenant: 'other', apiKey: 'kupe_other' };
const second: Login = { ...acme, name: 'second', apiKey: 'kupe_second' };
const stored =
  (logins: Login[] = [], current?: string) =>
  async () => ({ logins, current });
const unread = () => Promise.reject(new Error('the stored logins were read'));
const credentials = (flags: ConnectionFlags, env: Environment, readLogins: ReadLogins) =>
  resolveCredentials(flags, env, io, readLogins, async (login) => login);

describe('precedence: flag, environment, context', () => {
  test.each([
    [{ host: 'a.example' }, { KUPE_HOST: 'b.example', KUPE_API_URL: 'c.example' }, 'https://a.example'],
    [{}, { KUPE_HOST: 'b.example', KUPE_API_URL: 'c.example' }, 'https://b.example'],
    [{}, { KUPE_API_URL: 'c.example' }, 'https://c.example'],
    [{ host: '' }, { KUPE_HOST: '', KUPE_API_URL: 'c.example' }, 'https://c.example'],
  ])('host of %j and %j is %s', async (flags, env, expected) => expect(await resolveHost(flags, env, unread)).toBe(expected));

  test('what is given whole needs no context, and reads none', async () => {
    const env = { KUPE_HOST: 'b.example', KUPE_TENANT: 'b', KUPE_API_KEY: 'kupe_env' };
    expect(await credentials({ tenant: 'a' }, env, unread)).toEqual({ host: 'https://b.example', tenant: 'a', apiKey: 'kupe_env' });
  });

  test.each<[string, ConnectionFlags, Environment, string]>([
    ['the current one', {}, {}, 'kupe_acme'],
    ['the one of KUPE_CONTEXT', {}, { KUPE_CONTEXT: 'other' }, 'kupe_other'],
    [
      'the one of the flag, whatever the environment says',
      { context: 'second' },
      { KUPE_CONTEXT: 'other', KUPE_HOST: 'c.example', KUPE_API_KEY: 'kupe_env' },
      'kupe_second',
    ],
    ['the only one of the server that is given', { host: 'b.example' }, {}, 'kupe_other'],
    ['the one of the environment’s place', {}, { KUPE_HOST: 'b.example', KUPE_TENANT: 'other' }, 'kupe_other'],
    ['the key of the environment at the place of the current one', {}, { KUPE_API_KEY: 'kupe_env' }, 'kupe_env'],
  ])('the login is %s', async (_, flags, env, apiKey) => {
    expect((await credentials(flags, env, stored([acme, second, other], 'acme'))).apiKey).toBe(apiKey);
  });

  test('a stored key goes to no other server or tenant than its own', async () => {
    for (const flags of [{ host: 'c.example', tenant: 'acme' }, { tenant: 'b' }])
      await expect(credentials(flags, {}, stored([acme], 'acme'))).rejects.toMatchObject({ details: { code: 'no-credential' } });
    await expect(credentials({ host: 'c.example' }, {}, stored([acme], 'acme'))).rejects.toThrow('No tenant is known');
  });

  test.each<[string, ConnectionFlags, RegExp]>([
    ['several logins for one place', { host: 'a.example', tenant: 'acme' }, /several logins .*acme, second.*--context/],
    ['a context that is not there', { context: 'gone' }, /no context "gone"/],
    ['a context and another server', { context: 'acme', host: 'b.example' }, /is for tenant "acme" at https:\/\/a\.example/],
    ['a context and another tenant', { context: 'acme', tenant: 'b' }, /leave out --context/],
  ])('%s is misuse', async (_, flags, sentence) => {
    const failure = await credentials(flags, {}, stored([acme, second], 'gone')).catch((error) => error);
    expect(failure.message).toMatch(sentence);
    expect(failure.details.exit).toBe(2);
  });

  test('key', async () => {
    const tokenFile = join(temporaryFolder(), 'token');
    writeFileSync(tokenFile, 'kupe_from_file\n');
    const env = { KUPE_API_KEY: 'kupe_key', KUPE_API_TOKEN: 'kupe_token' };
    await expect(resolveKey({ tokenFile }, env, io)).resolves.toBe('kupe_from_file');
    await expect(resolveKey({ tokenFile: '-' }, env, io)).resolves.toBe('kupe_from_stdin');
    await expect(resolveKey({}, env, io)).resolves.toBe('kupe_key');
    await expect(resolveKey({}, { KUPE_API_TOKEN: 'kupe_token' }, io)).resolves.toBe('kupe_token');
  });
});

describe('what is missing is named, with its exit code', () => {
  test('host and tenant: 2', async () => {
    await expect(resolveHost({}, {}, stored())).rejects.toMatchObject({ details: { exit: 2 } });
    await expect(resolveHostAndTenant({ host: 'a.example' }, {}, stored())).rejects.toThrow(/KUPE_TENANT.*--tenant/);
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
