import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const BASE = '/api/v1/tenants/demo/alertmanager';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const put = (path: string, body: unknown) => server.send({ method: 'PUT', path: `${BASE}/${path}`, body });

it.each([
  ['configs that are no list', { slack_configs: {} }, 'slack_configs must be an array'],
  ['an integration that is no object', { slack_configs: ['x'] }, 'slack_configs.0 must be an object'],
  ['a key that is no list of integrations', { slack: [] }, 'unknown field "slack"'],
  ['a name that is no text', { name: 1 }, 'name must be a string'],
  ['an internal address', { webhook_configs: [{ url: 'http://169.254.169.254/' }] }, 'webhook_configs.0.url leads to an internal address'],
  ['one that is nested', { x_configs: [{ http_config: { proxy_url: 'http://[::1]' } }] }, 'x_configs.0.http_config.proxy_url'],
  ['a file in a header', { x_configs: [{ http_config: { http_headers: { A: { files: ['/etc/shadow'] } } } }] }, 'A.files names a file'],
  ['a file of the server', { slack_configs: [{ api_url_file: '/etc/x' }] }, 'names a file of the server'],
  ['nested deeper than anything', { x_configs: [JSON.parse(`${'{"a":'.repeat(80)}1${'}'.repeat(80)}`)] }, 'nested deeper'],
])('refuses %s', async (_what, body, message) => {
  const received = await put('receivers/one', body);
  expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining(message)]);
});

it('refuses <secret> in a changed entry where it is not clear which one it is', async () => {
  const stored = ['one', 'two'].map((key) => ({ url: `https://hooks.example.com/${key}` }));
  await put('receivers/one', { webhook_configs: stored });
  const refused = await put('receivers/one', { webhook_configs: [{ url: '<secret>', max_alerts: 1 }] });
  expect([refused.status, errorOf(refused)]).toEqual([
    400,
    'webhook_configs.0 holds "<secret>", and it is not clear which stored entry of the list it is; send the value itself',
  ]);
});

it('refuses a receiver that is called <secret>', async () => {
  const refused = await put(`receivers/${encodeURIComponent('<secret>')}`, {});
  expect([refused.status, errorOf(refused)]).toEqual([400, expect.stringContaining('cannot be called "<secret>"')]);
});

it.each([
  ['an internal mail server', { smtp_smarthost: 'localhost:25' }, 'smtp_smarthost leads to an internal address'],
  ['an internal address', { slack_api_url: 'http://10.0.0.1' }, 'slack_api_url leads to an internal address'],
  ['a duration that is none', { resolve_timeout: '5 minutes' }, 'resolve_timeout must be a duration'],
  ['a file', { smtp_auth_password_file: '/etc/x' }, 'names a file'],
])('refuses in global %s', async (_what, body, message) => {
  const received = await put('global', body);
  expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining(message)]);
});

it('refuses the receiver above what the plan allows, and lets the others be replaced', async () => {
  const names = Array.from({ length: 12 }, (_, at) => `r${at}`);
  const statuses = (await Promise.all(names.map((name) => put(`receivers/${name}`, {})))).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(10);
  const { json } = await server.send({ method: 'GET', path: `${BASE}/receivers` });
  expect(json.items).toHaveLength(10);
  const refused = await put('receivers/one-more', {});
  expect([refused.status, refused.headers['error-code'], errorOf(refused)]).toEqual([
    400,
    'receiver-limit',
    'Plan "pro" allows 10 receivers; delete one or change the plan',
  ]);
  expect((await put(`receivers/${json.items[0].name}`, { email_configs: [{ to: 'a@example.com' }] })).status).toBe(200);
});

it('refuses a configuration of more than 256 KiB as a whole', async () => {
  const [first, second] = ['receivers/first', 'receivers/second'] as const;
  const large = { x_configs: [{ text: 'x'.repeat(150_000) }] };
  expect((await put(first, large)).status).toBe(200);
  const refused = await put(second, large);
  expect([refused.status, errorOf(refused)]).toEqual([400, expect.stringContaining('at most 262144 are possible')]);
});
