import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFastClock } from '../testing/fast-clock.ts';
import { CREATED_AT } from '../testing/fixtures.ts';
import { type KupeDouble, startKupeDouble } from '../testing/kupe-double.ts';
import { environmentFor, type RunOptions, runCli } from '../testing/run-cli.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

let double: KupeDouble;
beforeEach(async () => {
  double = await startKupeDouble();
});
afterEach(() => double.close());

/** The server does what is asked, and then the connection breaks before its answer is out. */
function loseAnswersTo(method: string, times: number): void {
  let left = times;
  double.losesAnswerTo = (request) => request.method === method && left-- > 0;
}
const cli = (line: string) => runCli(line, { env: environmentFor(double) });
const writes = () => double.seen.filter(({ method }) => method !== 'GET').length;

describe('when the answer to a write is lost, the work is recognised as done', () => {
  test('create', async () => {
    loseAnswersTo('POST', 1);
    const { exit, out, err } = await cli('cluster create new --cpu 2 -o json');
    expect(exit, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ name: 'new', status: { phase: 'Running' } });
  });

  test('update', async () => {
    loseAnswersTo('PATCH', 1);
    const { exit, out, err } = await cli('cluster update production --cpu 8 -o json');
    expect(exit, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ resources: { cpu: '8' }, generation: 2 });
  });

  test('delete', async () => {
    loseAnswersTo('DELETE', 1);
    const { exit, err } = await cli('cluster delete production --yes');
    expect(exit, err).toBe(0);
    expect(double.clusters.has('production')).toBe(false);
  });
});

test('a create that may have happened and cannot be looked up ends with "unknown" and how to get its answer', async () => {
  double.losesAnswerTo = () => true;
  const { exit, err } = await cli('cluster create new -o json');
  expect(exit).toBe(7);
  expect(JSON.parse(err.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
    outcome: 'unknown',
    next: [{ run: expect.stringMatching(/^openkupe cluster create new --output json --idempotency-key [0-9a-f]{32}$/) }],
  });
  expect(double.clusters.has('new')).toBe(true);
});

test('an API key is never created twice because an answer was lost', async () => {
  loseAnswersTo('POST', 1);
  const { exit, err } = await cli('apikey create ci --role admin -o json');
  expect([exit, writes()]).toEqual([7, 1]);
  expect(JSON.parse(err.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ outcome: 'unknown', next: [{ run: 'openkupe apikey list' }] });
});

describe('where the server supports idempotency keys', () => {
  const KEYS = { 'idempotency-key-support': 'yes' };
  /** The idempotency records by key: what a repeat gets. */
  let kept: Map<unknown, unknown>;
  let homeFolder: string;
  beforeEach(() => {
    kept = new Map();
    homeFolder = temporaryFolder();
    double.answer = ({ method, path, headers, body }) => {
      if (!path.endsWith('/apikeys')) return undefined;
      if (method === 'GET') return { status: 200, headers: KEYS, body: { items: [...kept.values()] } };
      const key = headers['idempotency-key'];
      const made = kept.get(key) ?? { id: `ak-${kept.size}`, key: `kupe_${kept.size}_x`, createdAt: CREATED_AT, ...(body as object) };
      kept.set(key, made);
      return { status: 201, headers: KEYS, body: made };
    };
  });
  const create = (line = 'apikey create ci --role readonly -o json', more: RunOptions = {}) =>
    runCli(line, { env: environmentFor(double), homeFolder, ...more });
  /** As if the process that wrote the records had ended. */
  function endThatProcess(): void {
    const path = join(homeFolder, '.config', 'openkupe', 'creates.json');
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/"pid": \d+/g, `"pid": ${spawnSync('true').pid}`));
  }
  const loseEverything = () => {
    double.losesAnswerTo = () => true;
  };

  test('a lost answer brings the same key in the same run', async () => {
    loseAnswersTo('POST', 1);
    const { exit, out, err } = await create();
    expect(exit, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ id: 'ak-0', key: 'kupe_0_x' });
    expect(kept.size).toBe(1);
  });

  test('when no answer comes back at all, the next run of the same command shows the same key, and says so', async () => {
    loseEverything();
    const first = await create('apikey create ci --role readonly --expires 90d -o json');
    expect(first.exit).toBe(7);
    expect(JSON.parse(first.err.trimEnd().split('\n').at(-1) ?? '').next[0].run).toBe(
      'openkupe apikey create ci --role readonly --expires 90d --output json',
    );
    endThatProcess();
    double.losesAnswerTo = () => false;
    const second = await create('apikey create ci --role readonly --expires 90d -o json');
    expect([second.exit, JSON.parse(second.out).key, kept.size]).toEqual([0, 'kupe_0_x', 1]);
    expect(second.err).toContain('An earlier run of this command ended without its answer');
    const third = await create('apikey create ci --role readonly --expires 90d -o json');
    expect([JSON.parse(third.out).key, kept.size]).toEqual(['kupe_1_x', 2]);
  });

  test.each([502, 504, 503, 500, 200])(
    'nor is it forgotten when a gateway answers %s for the server, which says nothing of idempotency records',
    async (status) => {
      const server = double.answer;
      double.answer = (request) => {
        server?.(request);
        return { status, body: status === 200 ? 'a page' : { error: 'bad gateway' } };
      };
      const first = await create();
      expect(JSON.parse(first.err.trimEnd().split('\n').at(-1) ?? '').next[0]).toEqual({
        run: 'openkupe apikey create ci --role readonly --output json',
        why: expect.stringMatching(/if the server supports idempotency keys$/),
      });
      endThatProcess();
      double.answer = server;
      expect([JSON.parse((await create()).out).key, kept.size]).toEqual(['kupe_0_x', 1]);
    },
  );

  test.each(['apikey create other --role readonly', 'apikey create ci --role admin', 'apikey create ci --role readonly --expires 1d'])(
    'another create (%s) is not mistaken for it',
    async (line) => {
      loseEverything();
      await create();
      endThatProcess();
      double.losesAnswerTo = () => false;
      const { err } = await create(line);
      expect(kept.size).toBe(2);
      expect(err).not.toContain('An earlier run');
    },
  );

  test('nor is the same with another key, nor one of a process that still runs, nor one of a day ago', async () => {
    loseEverything();
    await create();
    double.losesAnswerTo = () => false;
    await create();
    expect(kept.size).toBe(2);
    endThatProcess();
    await create(undefined, { env: { ...environmentFor(double), KUPE_API_KEY: 'kupe_other_key' } });
    expect(kept.size).toBe(3);
    await create(undefined, { clock: createFastClock(100, Date.UTC(2026, 0, 2)) });
    expect(kept.size).toBe(4);
  });

  test('a key that cannot be written is shown by the next run; the failure says how to get it and how to revoke it', async () => {
    const { exit, err } = await create('apikey create ci --role readonly', { stdoutError: 'ENOSPC' });
    expect(exit).toBe(1);
    expect(err).toContain('The API key ak-0 was created, but could not be written to standard output (ENOSPC');
    expect(err).toContain('openkupe apikey delete ak-0');
    expect(err).toContain('  openkupe apikey create ci --role readonly  # the same again');
    endThatProcess();
    expect(JSON.parse((await create()).out).key).toBe('kupe_0_x');
    expect(kept.size).toBe(1);
  });

  test('a key that -o name does not show is shown by the next run without it', async () => {
    const { out, err } = await create('apikey create ci --role readonly -o name');
    expect([out, err]).toEqual(['apikey/ak-0\n', 'The key was not shown; run the same again without "-o name" to see it.\n']);
    endThatProcess();
    expect(JSON.parse((await create()).out).key).toBe('kupe_0_x');
    expect(kept.size).toBe(1);
  });

  test('a reader that has gone loses a key too, and --idempotency-key brings it where nothing can be remembered', async () => {
    const { exit, err } = await create('apikey create ci --role readonly', { stdoutError: 'EPIPE', homeFolder: '/dev/null' });
    expect(exit).toBe(1);
    const again = / {2}openkupe (apikey create .*?) {2}#/.exec(err)?.[1] ?? '';
    expect(again).toContain('--idempotency-key');
    expect(JSON.parse((await create(`${again} -o json`)).out).key).toBe('kupe_0_x');
  });

  test('nothing is made when standard output is closed', async () => {
    const { exit, err } = await create('apikey create ci --role readonly', { isStdoutClosed: true });
    expect([exit, kept.size]).toEqual([2, 0]);
    expect(err).toContain('Standard output is closed, so the key could not be shown; nothing was sent');
  });

  test('a refused create is forgotten: it is certain that nothing was made', async () => {
    double.answer = () => ({ status: 403, headers: KEYS, body: { error: 'no' } });
    expect((await create()).exit).toBe(3);
    expect(JSON.parse(readFileSync(join(homeFolder, '.config', 'openkupe', 'creates.json'), 'utf8'))).toEqual({ creates: [] });
  });
});
