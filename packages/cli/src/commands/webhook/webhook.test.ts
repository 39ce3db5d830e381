import { afterEach, beforeEach, expect, test } from 'vitest';
import { type KupeDouble, startKupeDouble } from '../../testing/kupe-double.ts';
import { environmentFor, runCli } from '../../testing/run-cli.ts';

let double: KupeDouble;
beforeEach(async () => {
  double = await startKupeDouble();
});
afterEach(() => double.close());

const run = (line: string) => runCli(line, { env: environmentFor(double) });
const sent = () => double.seen.map(({ method, path, body }) => [method, path.split('/webhooks')[1], body]);
const URL = 'https://hooks.example.com/kupe';

test.each([
  [`webhook create hook --url ${URL}`, ['POST', '', { name: 'hook', url: URL }]],
  [
    `webhook create hook --url ${URL} --events cluster.*,secret.deleted --disabled`,
    ['POST', '', { name: 'hook', url: URL, events: ['cluster.*', 'secret.deleted'], enabled: false }],
  ],
  ['webhook update deploys --enable --all-events', ['PATCH', '/deploys', { enabled: true, events: null }]],
  ['webhook update deploys --disable', ['PATCH', '/deploys', { enabled: false }]],
  [`webhook update deploys --url ${URL} --events *.*`, ['PATCH', '/deploys', { url: URL, events: ['*.*'] }]],
  ['webhook rotate-secret deploys', ['POST', '/deploys/rotate-secret', {}]],
  ['webhook rotate-secret deploys --overlap 1h', ['POST', '/deploys/rotate-secret', { overlapSeconds: 3_600 }]],
  ['webhook redeliver deploys 1234-0', ['POST', '/deploys/deliveries/1234-0/redeliver', undefined]],
  ['webhook deliveries deploys', ['GET', '/deploys/deliveries', undefined]],
  ['webhook delete deploys', ['DELETE', '/deploys', undefined]],
])('%s', async (line, request) => {
  const { exit, err } = await run(line);
  expect([exit, err]).toEqual([0, expect.anything()]);
  expect(sent()).toEqual([request]);
});

test.each([
  ['webhook create hook', '--url'],
  [`webhook create hook --url ${URL} --events a.b,,`, '--events is'],
  ['webhook update deploys', 'nothing to change'],
  ['webhook update deploys --enable --disable', '--disable'],
  ['webhook update deploys --events *.* --all-events', '--all-events'],
])('%s is misuse, and nothing is sent', async (line, message) => {
  const { exit, err } = await run(line);
  expect([exit, err]).toEqual([2, expect.stringContaining(message)]);
  expect(sent()).toEqual([]);
});

test('one that is not there: exit code 4, and how to see those that are', async () => {
  const { exit, err } = await run('webhook get gone');
  expect([exit, err]).toEqual([4, expect.stringContaining('openkupe webhook list')]);
});

test('says that the secret is shown this once', async () => {
  expect((await run(`webhook create hook --url ${URL}`)).err).toContain('Keep the secret now; it cannot be shown again.');
});
