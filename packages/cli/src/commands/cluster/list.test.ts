import { afterEach, beforeEach, expect, test } from 'vitest';
import { clusterFixture } from '../../testing/fixtures.ts';
import { type KupeDouble, startKupeDouble } from '../../testing/kupe-double.ts';
import { environmentFor, runCli } from '../../testing/run-cli.ts';

let double: KupeDouble;
beforeEach(async () => {
  double = await startKupeDouble();
});
afterEach(() => double.close());

const NAMES = ['a1', 'b2', 'c3'];
const run = (line: string) => runCli(line, { env: environmentFor(double) });
const asked = () => double.seen.map(({ path }) => path.replace(/.*\/clusters/, ''));
/** Answers pages as the server does; the whole list only where `isWholePossible`. */
function answerPages(isWholePossible: boolean): void {
  double.answer = ({ path }) => {
    const { searchParams } = new URL(path, 'http://server');
    const limit = Number(searchParams.get('limit'));
    if (limit === 0 && !isWholePossible) return { status: 400, body: { error: 'The list would be longer than 8388608 bytes' } };
    const from = Number(searchParams.get('continue') ?? 0);
    const items = NAMES.slice(from, limit === 0 ? undefined : from + Math.min(limit, 2)).map((name) => clusterFixture(name));
    const end = from + items.length;
    return { status: 200, body: { items, ...(end < NAMES.length ? { continue: String(end) } : {}) } };
  };
}

test('asks for the whole list in the way that every server knows', async () => {
  answerPages(true);
  expect((await run('cluster list -o name')).out).toBe('cluster/a1\ncluster/b2\ncluster/c3\n');
  expect(asked()).toEqual(['']);
});

test('reads pages where the server refuses the whole', async () => {
  answerPages(false);
  expect((await run('cluster list -o name')).out).toBe('cluster/a1\ncluster/b2\ncluster/c3\n');
  expect(asked()).toEqual(['', '?limit=500', '?limit=500&continue=2']);
});

test('--limit reads no more pages than it takes', async () => {
  answerPages(true);
  expect((await run('cluster list -o name --limit 1')).out).toBe('cluster/a1\n');
  expect((await run('cluster list -o name --limit 3')).out).toBe('cluster/a1\ncluster/b2\ncluster/c3\n');
  expect(asked()).toEqual(['?limit=1', '?limit=3', '?limit=3&continue=2']);
});

test('filters go to the server', async () => {
  await run('cluster list --phase running --version 1.32 --type shared --name-prefix prod-');
  expect(asked()).toEqual(['?phase=Running&version=1.32&type=shared&namePrefix=prod-']);
});

test.each(['--limit 0', '--limit many', '--phase walking', '--type large'])('%s is refused before anything is sent', async (flag) => {
  const { exit, err } = await run(`cluster list ${flag}`);
  expect([exit, err]).toEqual([2, expect.stringContaining(flag.split(' ')[0] ?? '')]);
  expect(asked()).toEqual([]);
});

test('--watch writes each cluster, and again only what has changed, and what is gone', async () => {
  let reads = 0;
  double.answer = ({ path }) => {
    if (path.includes('/events')) return { status: 404, body: { error: 'no such route' } };
    reads += 1;
    if (reads === 1) return undefined;
    if (reads === 3) return { status: 401, body: { error: 'the key was revoked' } };
    const [first] = [...double.clusters.values()];
    return { status: 200, body: { items: [{ ...first, displayName: 'other' }] } };
  };
  const { exit, out } = await runCli('cluster list --watch', { env: environmentFor(double) });
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => line.split('  ').slice(0, 2).join(' ')),
  ).toEqual(['production Running', 'staging Running', 'production Running', 'staging Deleted']);
  expect(exit).toBe(3);
});

test('--watch takes no limit', async () => {
  expect((await runCli('cluster list --watch --limit 3', { env: environmentFor(double) })).exit).toBe(2);
});
