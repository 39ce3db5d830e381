import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { expect, it } from 'vitest';
import { mintApiKey } from '../auth/api-key.ts';
import { maskLine } from './stderr-log.ts';

const run = promisify(execFile);
const MODULE = new URL('./stderr-log.ts', import.meta.url).href;

/** The lines that a process of its own writes to stderr for these fields. */
async function logged(...calls: readonly (readonly [fields: object, message: string])[]): Promise<Record<string, unknown>[]> {
  return (await written(false, calls))
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

async function written(isTerminal: boolean, calls: readonly (readonly [fields: object, message: string])[]): Promise<string> {
  const script = `const { createStderrLog } = await import(${JSON.stringify(MODULE)}); const log = createStderrLog('info', ${isTerminal});
    for (const [fields, message] of ${JSON.stringify(calls)}) log.warn('err' in fields ? { ...fields, err: new Error(fields.err) } : fields, message);`;
  const { stderr } = await run(process.execPath, ['--input-type=module', '--eval', script]);
  return stderr;
}

const key = mintApiKey(createSeededRandom(1)).text;
const token = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${Buffer.from('{"sub":"x"}').toString('base64url')}.c2ln`;

it('shows what failed, by name', async () => {
  const [line] = await logged([{ key: 'cluster/demo/production', what: 'provision', failures: 3 }, 'a step could not be done now']);
  expect(line).toMatchObject({ key: 'cluster/demo/production', what: 'provision', message: 'a step could not be done now' });
});

it('shows no credential: neither in fields that are called so, nor wherever else one is', async () => {
  const secret = 'hunter2-hunter2';
  const named = Object.fromEntries(
    ['authorization', 'cookie', 'apiKey', 'keyHash', 'credential', 'token', 'password', 'secret', 'pepper'].map((name) => [name, secret]),
  );
  const lines = await logged(
    [{ ...named, request: named }, 'named'],
    [{ path: `/api/v1/tenants/${key}`, deep: { list: [{ of: [key] }] } }, `refused ${key}`],
    [{ err: `fetch of https://robot:${secret}@vault.example failed with Bearer ${token}` }, token],
    [{ url: `redis://:${secret}@127.0.0.1:6379/0`, header: `Basic ${Buffer.from(`a:${secret}`).toString('base64')}` }, 'away'],
  );
  expect(lines).toHaveLength(4);
  const text = JSON.stringify(lines);
  for (const credential of [secret, key, key.slice(-51), token, token.split('.')[1] ?? '', Buffer.from(`a:${secret}`).toString('base64')]) {
    expect(text).not.toContain(credential);
  }
  expect(text).toContain(`/api/v1/tenants/kupe_${key.slice(5, 13)}_[masked]`);
  expect(text).toContain('https://[masked]@vault.example');
  expect(lines[0]).toMatchObject({ token: '[masked]', request: { password: '[masked]' } });
});

it('writes lines for people on a terminal, without a credential either', async () => {
  const text = await written(true, [[{ path: `/a/${key}`, err: `Bearer ${token}` }, 'refused']]);
  expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}refused path="\/a\/kupe_\w{8}_\[masked\]"\n {2}Error: Bearer \[masked\]\n {6}at /);
  expect(text).not.toContain(token);
});

it.each([
  '{"address":"2001:db8::1","path":"/api/v1/tenants/demo/members/a@b.example"}',
  '{"issuer":"https://auth.example/application/o/kupe/","reason":"https://auth.example answered 404"}',
  '{"key":"secret/demo/token","actor":"ak-7f3b2c1d"}',
  '{"message":"send \\"Authorization: Bearer <API key>\\""}',
  '{"err":{"stack":"Error: x\\n    at file:///srv/a.js:1:2\\n    at a@b"}}',
])('leaves alone what is none: %s', (line) => {
  expect(maskLine(line)).toBe(line);
});
