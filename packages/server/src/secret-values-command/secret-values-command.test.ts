import { systemClock, systemRandom } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type KvServer, startKvServer } from '../secrets-backend/testing/kv-server.ts';
import { runSecretValuesCommand } from './run-secret-values-command.ts';

let kv: KvServer;
beforeEach(async () => {
  kv = await startKvServer();
});
afterEach(() => kv.stop());

async function run(argv: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const lines: string[] = [];
  const env = { OPENKUPE_OPENBAO_ADDRESS: kv.address, OPENKUPE_OPENBAO_TOKEN: kv.token, ...variables };
  const ports = { env, folder: '/', clock: systemClock, random: systemRandom };
  const say = (line: string) => void lines.push(line);
  const code = await runSecretValuesCommand(argv, { ...ports, say, complain: say });
  return { code, text: lines.join('\n') };
}
const check = (variables = {}) => run(['check'], variables);

it('proves a server whose token may write, and leaves nothing of the probe', async () => {
  kv.rights = 'write';
  kv.write('kv', 'tenants/acme/db', { password: 'x' });
  const { code, text } = await check();
  const wanted = ['server', 'token', 'renewal', 'read', 'write', 'read back', 'check-and-set', 'delete'];
  expect([code, text.split('\n').map((line) => /^ok +([^:]+):/.exec(line)?.[1])]).toEqual([0, wanted]);
  expect(kv.size).toBe(1);
  const data = kv.seen.filter(({ path }) => path.includes('/kv/'));
  expect(data.every(({ path }) => /\/kv\/(data|metadata)\/tenants\/openkupe-check\/probe-/.test(path))).toBe(true);
});

it.each(['data', 'team/data/kv'])('leaves nothing of the probe in the mount %s', async (mount) => {
  kv.rights = 'write';
  expect((await check({ OPENKUPE_OPENBAO_MOUNT: mount })).code).toBe(0);
  expect(kv.size).toBe(0);
});

it('is content with a token that may only read, and says what it could not check', async () => {
  const { code, text } = await check();
  expect([code, text]).toEqual([0, expect.stringContaining('skipped write: the token may only read')]);
});

it('says what is wrong, with the exit code 1', async () => {
  kv.rights = 'write';
  kv.ignoresCas = true;
  expect(await check()).toEqual({ code: 1, text: expect.stringContaining('FAILED  check-and-set') });
  expect(kv.size).toBe(0);
  kv.rights = 'expiring';
  expect((await check()).text).toContain('FAILED  renewal: the token ends in 3600 s and cannot be renewed');
  expect(await check({ OPENKUPE_OPENBAO_TOKEN: 's.wrong' })).toEqual({ code: 1, text: expect.stringContaining('FAILED') });
  kv.mode = 'sealed';
  expect((await check()).text).toBe('FAILED  server: it is sealed');
  kv.mode = 'silent';
  expect((await check({ OPENKUPE_OPENBAO_TIMEOUT_SECONDS: '0.1' })).text).toMatch(/^FAILED {2}connection: .* could not be asked/);
});

it('shows no token', async () => {
  kv.rights = 'root';
  const { text } = await check();
  expect([text.includes(kv.token), text.includes('root token')]).toEqual([false, true]);
});

it('checks the mount of the tenant that is named, where each has its own', async () => {
  kv.rights = 'write';
  const own = { OPENKUPE_OPENBAO_MOUNT: 'teams/{tenant}' };
  expect(await check(own)).toEqual({ code: 2, text: expect.stringContaining('--tenant') });
  expect((await run(['check', '--tenant', 'acme'], own)).code).toBe(0);
  expect(kv.seen.at(-1)?.path).toMatch(/^\/v1\/teams\/acme\/data\/probe-/);
});

it.each([
  [['check'], { OPENKUPE_OPENBAO_ADDRESS: '' }, 'No OpenBao server is set'],
  [['chek'], {}, 'Unknown command "chek"'],
  [[], {}, 'A command is missing'],
  [['check', '--tenant'], {}, '--tenant needs'],
])('%j is wrong usage', async (argv, variables, message) => {
  expect(await run(argv, variables as Record<string, string>)).toEqual({ code: 2, text: expect.stringContaining(message) });
});
