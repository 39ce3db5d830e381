import { afterEach, beforeEach, expect, test } from 'vitest';
import { type KupeDouble, startKupeDouble } from '../testing/kupe-double.ts';
import { environmentFor, runCli } from '../testing/run-cli.ts';

let double: KupeDouble;
beforeEach(async () => {
  double = await startKupeDouble();
});
afterEach(() => double.close());
const run = (line: string) => runCli(line, { env: environmentFor(double) });

test.each([
  ['cluster list -o jsonpath=$.items[*].name', 'production\nstaging\n'],
  ['cluster list -o jsonpath={.items[?@.resources.memory].resources}', '{"cpu":"4","memory":"16Gi","storage":"100Gi"}\n'],
  ['cluster get staging -o jsonpath=.status.phase', 'Running\n'],
  ['cluster list --columns name,CPU:.resources.cpu', 'NAME        CPU\nproduction  4\nstaging     500m\n'],
  ['cluster list --columns NAME --no-header --sort-by -NAME', 'staging\nproduction\n'],
  ['cluster list -o name --sort-by .displayName', 'cluster/production\ncluster/staging\n'],
  ['plan list --columns NAME,CPU --sort-by CPU --no-header', 'starter  4\npro      8\n'],
])('%s', async (line, printed) => {
  const { exit, out, err } = await run(line);
  expect([exit, out, err]).toEqual([0, printed, '']);
});

test.each([
  ['cluster list -o jsonpath=$.[', '"$.[" is no JSONPath query'],
  ['cluster list --columns NAME,SIZE', 'There is no column "SIZE"; there are NAME, '],
  ['cluster list -o json --no-header', '--no-header is for tables, and not for -o json; leave one of them out.'],
  ['cluster list --filter size=3', '--filter has "size=3"; write word=value, with one of phase, version, type, namePrefix, labelSelector.'],
  ['cluster list --filter phase=Running --phase Degraded', '--filter and a flag of its own both say something of phase'],
])('%s is exit code 2', async (line, sentence) => {
  const { exit, out, err } = await run(line);
  expect([exit, out, err]).toEqual([2, '', expect.stringContaining(sentence)]);
});

test('--filter takes the words of the API, also one with commas', async () => {
  await runCli('cluster list --filter phase=Running,labelSelector=env!=a,tier', { env: environmentFor(double) });
  expect(double.seen[0]?.path).toBe('/api/v1/tenants/acme/clusters?phase=Running&labelSelector=env%21%3Da%2Ctier');
});

test('-q says nothing but failures', async () => {
  const { exit, err } = await run('cluster update production --memory 16Gi -q');
  expect([exit, err]).toEqual([0, '']);
  expect((await run('cluster get nothing -q')).err).toContain('Error: ');
});
