import { afterEach, beforeEach, expect, test } from 'vitest';
import { type KupeDouble, startKupeDouble } from '../../testing/kupe-double.ts';
import { environmentFor, runCli } from '../../testing/run-cli.ts';

let double: KupeDouble;
beforeEach(async () => {
  double = await startKupeDouble();
});
afterEach(() => double.close());
const run = (...argv: string[]) => runCli(argv.join(' '), { env: environmentFor(double) });
const bodies = (method: string) => double.seen.filter((one) => one.method === method).map(({ body }) => body);

test('create sends them, the flag over the file', async () => {
  const stdin = 'name: one\nlabels: {env: dev, tier: web, old: x}\n';
  await runCli('cluster create -f - --no-wait --label env=prod,empty=,old-', { env: environmentFor(double), input: stdin });
  expect(bodies('POST')).toEqual([{ name: 'one', labels: { env: 'prod', tier: 'web', empty: '' } }]);
});

test('update sends only those that differ', async () => {
  const production = double.clusters.get('production');
  if (production) double.clusters.set('production', { ...production, labels: { env: 'prod', old: 'x' } });
  await run('cluster update production --no-wait --label env=prod,old-,absent-,tier=web');
  expect(bodies('PATCH')).toEqual([{ labels: { old: null, tier: 'web' } }]);
});

test.each(['-l', '--selector'])('list sends %s as it is', async (flag) => {
  await run('cluster list', flag, 'env=prod,!old');
  expect(double.seen[0]?.path).toContain('?labelSelector=env%3Dprod%2C%21old');
});

test.each(['env', '=prod', 'env=prod,', '-'])('--label %s is refused before anything is sent', async (label) => {
  const { exit, err } = await run('cluster update production --label', label);
  expect([exit, err, double.seen]).toEqual([2, expect.stringContaining('--label'), []]);
});
