import { afterEach, beforeEach, expect, test } from 'vitest';
import { EVENTS } from '../../testing/fixtures.ts';
import { type KupeDouble, startKupeDouble } from '../../testing/kupe-double.ts';
import { environmentFor, runCli } from '../../testing/run-cli.ts';

let double: KupeDouble;
beforeEach(async () => {
  double = await startKupeDouble();
});
afterEach(() => double.close());
const run = (line: string) => runCli(line, { env: environmentFor(double) });
const asked = () => double.seen.map(({ path, headers }) => [path.replace(/.*\/events/, ''), headers['last-event-id']]);

test('asks for what the flags say, and ends', async () => {
  const { exit, out } = await run('event list --kind cluster --name production --after 2 -o name');
  expect([exit, out]).toEqual([0, 'event/cluster/production\nevent/cluster/production\n']);
  expect(asked()).toEqual([['?kind=cluster&name=production', '2']]);
});

test('--watch writes each event on a line, connects again behind the last one, and ends with what cannot be cured', async () => {
  double.answer = ({ headers }) => (headers['last-event-id'] === '5' ? { status: 401, body: { error: 'the key was revoked' } } : undefined);
  const { exit, out, err } = await run('event list --watch -o json');
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).revision),
  ).toEqual([3, 5]);
  expect([exit, err]).toEqual([3, expect.stringContaining('key was revoked')]);
  expect(asked()).toEqual([
    ['?watch=true', undefined],
    ['?watch=true', '5'],
  ]);
});

test('--watch says where events are missing', async () => {
  double.answer = ({ headers }) =>
    headers['last-event-id'] === undefined
      ? { status: 200, headers: { 'content-type': 'text/event-stream' }, body: `event: resync\nid: 2\ndata: {"revision":2}\n\n${EVENTS}` }
      : { status: 403, body: { error: 'no' } };
  const { out, err } = await run('event list --watch');
  expect(out).toContain('2025-12-29T00:00:00Z  cluster/production  created  Cluster "production" was accepted with Kubernetes 1.32\n');
  expect(err).toContain('Events are missing here');
});

test.each(['--after x', '--after -1', '--kind pod'])('%s is refused before anything is sent', async (flag) => {
  expect((await run(`event list ${flag}`)).exit).toBe(2);
  expect(asked()).toEqual([]);
});
