import { afterEach, beforeEach, expect, test } from 'vitest';
import { clusterFixture } from '../testing/fixtures.ts';
import { type KupeDouble, startKupeDouble } from '../testing/kupe-double.ts';
import { environmentFor, runCli } from '../testing/run-cli.ts';

let double: KupeDouble;
beforeEach(async () => {
  double = await startKupeDouble();
});
afterEach(() => double.close());

const price = { perMonth: '87.60', currency: 'GBP' } as const;
const run = (line: string) => runCli(line, { env: environmentFor(double) });

test.each([
  ['cluster create new --cpu 4', 'POST', ' The cluster would cost GBP 87.60 a month.'],
  ['cluster update production --cpu 4', 'PATCH', ' The cluster would cost GBP 87.60 a month.'],
  ['cluster delete production', 'DELETE', ''],
  ['apikey create ci --role readonly', 'POST', ''],
  ['apikey update ak-7f3b2c1d --full-role', 'PATCH', ''],
  ['apikey rotate ak-7f3b2c1d', 'POST', ''],
  ['apikey delete ak-7f3b2c1d', 'DELETE', ''],
  ['webhook create new --url https://hooks.example.com', 'POST', ''],
  ['webhook update deploys --enable', 'PATCH', ''],
  ['webhook rotate-secret deploys', 'POST', ''],
  ['webhook redeliver deploys 1234-0', 'POST', ''],
  ['webhook delete deploys', 'DELETE', ''],
])('%s --validate-only sends one request that changes nothing, asks nothing, and says so', async (line, method, cost) => {
  double.answer = ({ path }) => ({
    status: method === 'DELETE' ? 204 : 200,
    headers: { 'validate-only': 'true' },
    ...(method === 'DELETE' ? {} : { body: path.includes('clusters') ? clusterFixture('new', { price }) : { id: 'ak-1', key: '' } }),
  });
  const { exit, err } = await run(`${line} --validate-only`);
  expect([exit, err]).toEqual([0, `The server would accept this; nothing was done.${cost}\n`]);
  expect(double.seen.map((one) => [one.method, one.path.split('?')[1]])).toEqual([[method, 'validateOnly=true']]);
});

test('what the server would refuse fails as the command would', async () => {
  double.answer = () => ({ status: 409, body: { error: 'cluster already exists' } });
  const { exit, err } = await run('cluster create production --validate-only');
  expect([exit, err]).toEqual([5, expect.stringContaining('luster already exists')]);
});
