import { STATUS_TABLE, TRANSPORT_STATUS_TABLE } from '@openkupe/contract/status-table';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exitCodeForStatus } from '../exit-codes.ts';
import { type KupeDouble, startKupeDouble } from '../testing/kupe-double.ts';
import { environmentFor, runCli } from '../testing/run-cli.ts';

/** One command for each verb that reaches the server. */
const VERBS = [
  'cluster list',
  'cluster get production',
  'cluster create new',
  'cluster update production --cpu 8',
  'cluster delete production --yes',
  'cluster kubeconfig production',
  'cluster wait production --for running',
  'apikey create ci --role admin',
  'apikey delete ak-7f3b2c1d',
  'auth login --api-key',
  'auth whoami',
  'tenant get',
  'plan list',
];

/** What contract and scripts agreed on, written out once more so that a change of the mapping is seen. */
const EXITS: Readonly<Record<number, number>> = {
  400: 2,
  401: 3,
  403: 3,
  404: 4,
  405: 2,
  408: 2,
  409: 5,
  412: 5,
  413: 2,
  415: 2,
  429: 6,
  431: 2,
  500: 1,
  503: 7,
};
const ROWS = [...STATUS_TABLE, ...TRANSPORT_STATUS_TABLE];

let double: KupeDouble;
beforeEach(async () => {
  double = await startKupeDouble();
});
afterEach(() => double.close());

test('every status of the contract has its exit code', () => {
  expect(Object.fromEntries(ROWS.map(({ status }) => [status, exitCodeForStatus(status)]))).toEqual(EXITS);
});

describe.each(ROWS)('$status', ({ status, name }) => {
  /** What a wait rides out instead of failing, because it may pass: these end it only when its own time is up. */
  const isRiddenOut = [408, 412, 429, 500, 503].includes(status);

  test.each(VERBS)('%s', async (line) => {
    double.answer = () => ({
      status,
      body: { error: `the sentence for ${status}` },
      headers: status === 429 ? { 'retry-after': '3600' } : {},
    });
    const isWait = line.startsWith('cluster wait');
    const { exit, out, err } = await runCli(`${line}${isWait ? ' --timeout 20s' : ''} -o json`, { env: environmentFor(double) });
    expect(out).toBe('');
    const failure = JSON.parse(err.trimEnd().split('\n').at(-1) ?? '');
    expect(Object.keys(failure)).toEqual(['error', 'code', 'status', 'exit', 'requestId', 'attempts', 'outcome', 'next']);
    if (isWait && isRiddenOut) {
      expect(failure).toMatchObject({ code: 'wait-timeout', exit: 8 });
      expect(exit).toBe(8);
    } else if (isWait && status === 404) {
      expect(failure).toMatchObject({ code: 'not-found', exit: 4 });
    } else {
      expect(failure).toMatchObject({ code: name, status, exit: EXITS[status] });
      expect(failure.error).toMatch(new RegExp(`^The sentence for ${status}\\.`));
      expect(failure.requestId).toMatch(/^req-\d+$/);
      expect(failure.attempts).toBeGreaterThanOrEqual(1);
      expect(exit).toBe(EXITS[status]);
    }
  });

  test('for people it is one sentence and at most two indented lines', async () => {
    double.answer = () => ({
      status,
      body: { error: `the sentence for ${status}` },
      headers: status === 429 ? { 'retry-after': '3600' } : {},
    });
    const { err } = await runCli('cluster get production', { env: environmentFor(double) });
    const lines = err.trimEnd().split('\n');
    const first = lines.findIndex((line) => line.startsWith('Error: '));
    expect(lines.slice(first + 1).length).toBeLessThanOrEqual(2);
    for (const line of lines.slice(first + 1)) expect(line).toMatch(/^ {2}\S/);
    expect(err).toMatch(/request id req-\d+/);
  });
});

test.each([
  ['cluster get nothing', 4, 'openkupe cluster list'],
  ['cluster create production', 5, 'openkupe cluster get production'],
  ['apikey delete ak-00', 4, 'openkupe apikey list'],
  ['plan get nothing', 4, 'openkupe plan list'],
])('%s ends with %i and names %s', async (line, expected, next) => {
  const { exit, err } = await runCli(line, { env: environmentFor(double) });
  expect(exit).toBe(expected);
  expect(err).toContain(`  ${next}  # `);
});

describe('a hint is not another call that has to fail', () => {
  test.each([401, 403])('after %i it asks nothing of the server with the same credential', async (status) => {
    double.answer = () => ({ status, body: { error: 'no' } });
    for (const line of VERBS.filter((verb) => !verb.startsWith('auth login'))) {
      const { err } = await runCli(`${line} -o json`, { env: environmentFor(double) });
      const { next } = JSON.parse(err.trimEnd().split('\n').at(-1) ?? '');
      expect(next.map(({ run }: { run: string }) => run)).toEqual([status === 401 ? 'openkupe auth login' : 'openkupe context list']);
    }
  });

  test('it reaches the server that the command was for', async () => {
    const { err } = await runCli(`cluster get nothing --host ${double.host} --tenant acme`, { env: { KUPE_API_KEY: 'kupe_1_x' } });
    expect(err).toContain(`  openkupe cluster list --host ${double.host} --tenant acme  # `);
  });

  test('and explaining a conflict asks nothing more', async () => {
    double.answer = ({ method }) => (method === 'PATCH' ? { status: 412, body: { error: 'changed' } } : undefined);
    const { exit } = await runCli('cluster update production --cpu 8', { env: environmentFor(double) });
    const count = (method: string) => double.seen.filter((request) => request.method === method).length;
    expect(exit).toBe(5);
    // NOTE: the update itself reads before each try, and once to report.
    expect(count('GET')).toBe(count('PATCH') + 1);
  });
});

test('a create whose answer never comes is not called a failure to create: it says where to look', async () => {
  const env = environmentFor({ host: 'http://127.0.0.1:9' });
  const unreachable = await runCli('cluster create new -o json', { env });
  expect(unreachable.exit).toBe(7);
  expect(JSON.parse(unreachable.err.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ code: 'unreachable', status: null, exit: 7 });
});

test('a message of the server cannot steer the terminal', async () => {
  double.answer = () => ({ status: 400, body: { error: 'bad\u001b[2J\u001b]0;title\u0007 \u202evalue\r\nError: more' } });
  const { err } = await runCli('cluster get production', { env: environmentFor(double), isTerminal: true });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there, but for our own colours.
  expect(err.replace(/\u001b\[\d+m/g, '')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  expect(err.split('\n').filter((line) => line.includes('Error:')).length).toBe(1);
});

test('a cluster of which the server leaves out all but the name is created and waited for', async () => {
  double.answer = ({ method }) => ({ status: method === 'POST' ? 201 : 200, body: { name: 'new', warnings: [null], status: null } });
  const { exit, err } = await runCli('cluster create new --timeout 3s', { env: environmentFor(double) });
  expect([exit, err]).toEqual([8, expect.stringContaining('Cluster "new" is still Pending after 00:03')]);
});

test.each([
  ['cluster get ..', {}, /^Error: "\.\." is no name, so nothing was sent/],
  ['cluster delete . --yes', {}, /^Error: "\." is no name/],
  ['apikey create ci --role admin --idempotency-key \u2192', {}, /^Error: The value for idempotency-key has a line break/],
  ['cluster update production --cpu 2 --if-match \u2192', {}, /^Error: The value for if-match has a line break/],
  ['cluster list', { KUPE_TENANT: '..' }, /^Error: The tenant "\.\." is no name/],
])('%s %j is wrong usage, not a defect', async (line, env, why) => {
  const { exit, err } = await runCli(line, { env: { ...environmentFor(double), ...env } });
  expect([exit, err]).toEqual([2, expect.stringMatching(why)]);
  expect(double.seen.filter(({ method }) => method !== 'GET')).toEqual([]);
});
