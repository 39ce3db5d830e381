import { afterEach, beforeEach, expect, test } from 'vitest';
import { type KupeDouble, startKupeDouble } from '../../testing/kupe-double.ts';
import { environmentFor, runCli } from '../../testing/run-cli.ts';

let double: KupeDouble;
beforeEach(async () => {
  double = await startKupeDouble();
});
afterEach(() => double.close());

const run = (line: string) => runCli(line, { env: environmentFor(double) });
const sent = () => double.seen.map(({ method, path, body }) => [method, path.split('/apikeys')[1], body]);

test.each([
  [
    'apikey create ci --role admin --scopes clusters:read,secrets:* --from 10.0.0.0/8',
    ['POST', '', { displayName: 'ci', role: 'admin', scopes: ['clusters:read', 'secrets:*'], addressRanges: ['10.0.0.0/8'] }],
  ],
  ['apikey update ak-7f3b2c1d --scopes clusters:read', ['PATCH', '/ak-7f3b2c1d', { scopes: ['clusters:read'] }]],
  ['apikey update ak-7f3b2c1d --name new --any-address', ['PATCH', '/ak-7f3b2c1d', { displayName: 'new', addressRanges: null }]],
  ['apikey update ak-7f3b2c1d --full-role', ['PATCH', '/ak-7f3b2c1d', { scopes: null }]],
  ['apikey rotate ak-7f3b2c1d', ['POST', '/ak-7f3b2c1d/rotate', {}]],
  ['apikey rotate ak-7f3b2c1d --overlap 24h', ['POST', '/ak-7f3b2c1d/rotate', { overlapSeconds: 86_400 }]],
  ['apikey rotate ak-7f3b2c1d --overlap 0', ['POST', '/ak-7f3b2c1d/rotate', { overlapSeconds: 0 }]],
])('%s', async (line, request) => {
  const { exit, err } = await run(line);
  expect([exit, err]).toEqual([0, expect.anything()]);
  expect(sent()).toEqual([request]);
});

test.each([
  ['apikey update ak-7f3b2c1d', 'Nothing to change was given'],
  ['apikey update ak-7f3b2c1d --scopes a:read --full-role', '--full-role'],
  ['apikey update ak-7f3b2c1d --from ::/0 --any-address', '--any-address'],
  ['apikey create ci --role admin --scopes clusters:read,,', '--scopes is'],
  ['apikey rotate ak-7f3b2c1d --overlap soon', 'not a duration'],
])('%s is misuse, and nothing is sent', async (line, message) => {
  const { exit, err } = await run(line);
  expect([exit, err]).toEqual([2, expect.stringContaining(message)]);
  expect(sent()).toEqual([]);
});

test('a rotation whose answer is lost is sent again under the same idempotency key', async () => {
  double.answer = ({ method }) =>
    method === 'GET' ? { status: 200, body: { items: [] }, headers: { 'idempotency-key-support': 'yes' } } : undefined;
  double.losesAnswerTo = () => double.seen.length === 1;
  const { exit, out } = await run('apikey rotate ak-7f3b2c1d -o json');
  expect([exit, JSON.parse(out).key]).toEqual([0, 'kupe_0badcafe_secret']);
  const keys = double.seen.filter(({ method }) => method === 'POST').map(({ headers }) => headers['idempotency-key']);
  expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]+$/), keys[0]]);
});
