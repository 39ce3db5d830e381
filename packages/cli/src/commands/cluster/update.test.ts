import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type KupeDouble, startKupeDouble } from '../../testing/kupe-double.ts';
import { environmentFor, runCli } from '../../testing/run-cli.ts';

let double: KupeDouble;
beforeEach(async () => {
  double = await startKupeDouble();
});
afterEach(() => double.close());
const update = (flags: string) => runCli(`cluster update production ${flags}`.trim(), { env: environmentFor(double) });
const patches = () => double.seen.filter(({ method }) => method === 'PATCH');

/** Somebody else changes the cluster between our reading and our writing, `times` times. */
function interfere(times: number, memory: string): void {
  let left = times;
  double.answer = ({ method }) => {
    const cluster = double.clusters.get('production');
    if (method === 'PATCH' && left-- > 0 && cluster) {
      const resourceVersion = String(Number(cluster.resourceVersion) + 10);
      double.clusters.set('production', { ...cluster, resourceVersion, resources: { ...cluster.resources, memory } });
    }
    return undefined;
  };
}

test('only what differs is sent, guarded by the ETag that was read', async () => {
  const { exit } = await update('--version 1.32 --cpu 4 --memory 32Gi');
  expect(exit).toBe(0);
  expect(patches()).toMatchObject([{ body: { resources: { memory: '32Gi' } }, headers: { 'if-match': '"17"' } }]);
  expect(patches()[0]?.body).toEqual({ resources: { memory: '32Gi' } });
});

test.each(['', ' --force'])('nothing is sent when nothing differs%s', async (force) => {
  const { exit, err } = await update(`--version 1.32 --memory 16Gi${force}`);
  expect([exit, patches().length]).toEqual([0, 0]);
  expect(err).toContain('Cluster "production" has these values already; nothing was sent.\n');
});

describe('when another change came first', () => {
  test('it reads again and applies the change to the new state', async () => {
    interfere(2, '24Gi');
    const { exit, err } = await update('--cpu 8 --no-wait');
    expect(exit).toBe(0);
    expect(patches().map(({ headers }) => headers['if-match'])).toEqual(['"17"', '"27"', '"37"']);
    expect(double.clusters.get('production')?.resources).toEqual({ cpu: '8', memory: '24Gi', storage: '100Gi' });
    expect(err).toContain('Someone else changed it meanwhile; applying the change to the new state (try 3 of 8).\n');
  });

  test('it gives up after eight tries with exit code 5 and says what changed', async () => {
    interfere(8, '24Gi');
    const { exit, out, err } = await update('--cpu 8');
    expect([exit, out]).toEqual([5, '']);
    expect(err).toContain(
      'Error: Cluster "production" was not updated, because it kept changing: someone else changed memory from 16Gi to 24Gi.\n' +
        '  openkupe cluster get production  # shows what is there now\n',
    );
    expect(double.clusters.get('production')?.resources.cpu).toBe('4');
  });
});

test('--if-match is sent as it is, once, and a mismatch is exit code 5', async () => {
  expect((await update('--cpu 8 --if-match 16')).exit).toBe(5);
  expect((await update('--cpu 8 --if-match 17 --no-wait')).exit).toBe(0);
  expect(patches().map(({ headers }) => headers['if-match'])).toEqual(['16', '17']);
});

test('--force overwrites whatever is there', async () => {
  interfere(1, '24Gi');
  expect((await update('--cpu 8 --force --no-wait')).exit).toBe(0);
  expect(patches()[0]?.headers).not.toHaveProperty('if-match');
});

test('it waits until the change is fully applied', async () => {
  double.journeys.changed = ['Upgrading', 'Upgrading', 'Running'];
  const { exit, out } = await update('--version 1.33 -o json');
  expect([exit, JSON.parse(out).status.observedGeneration]).toEqual([0, 2]);
});

test.each([
  ['', /nothing to change/],
  ['--cpu 8 --force --if-match 1', /contradict/],
])('"%s" is misuse, and nothing is sent', async (flags, reason) => {
  const { exit, err } = await update(flags);
  expect([exit, double.seen.length]).toEqual([2, 0]);
  expect(err).toMatch(reason);
});
