import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

const BASE = '/api/v1/tenants/demo/alertmanager';
let server: InProcess;
let readonlyKey: string;
beforeEach(async () => {
  server = await startInProcess();
  readonlyKey = await server.makeKey('readonly');
});
afterEach(() => server.stop());

const put = (name: string, body: object, headers: Record<string, string> = {}) =>
  server.send({ method: 'PUT', path: `${BASE}/receivers/${name}`, body, headers });
const get = (path: string, key = server.adminKey) => server.send({ method: 'GET', path: `${BASE}/${path}`, key });

const STORED = '{"phase":"Stored","message":"stored, not delivered: this installation has no Alertmanager to deliver to","revision":0}';
const SLACK = {
  name: 'team',
  slack_configs: [
    { send_resolved: true, api_url: 'https://hooks.example.com/T0/hunter2', channel: '#ops', fields: [{ title: 'n', short: true }] },
    { channel: '#second', max_alerts: 0, ratio: 1.5 },
  ],
  brand_new_configs: [{ chat_id: -1001234567890, token: 'hunter3' }],
};

it('a fresh tenant has nothing: {} and [] and 404, with a tag that opens it', async () => {
  const answers = await Promise.all(['global', 'routes', 'receivers', 'config', 'receivers/team'].map((path) => get(path)));
  expect(answers.map(({ status, text }) => [status, status === 200 ? text : ''])).toEqual([
    [200, '{}'],
    [200, '{"items":[]}'],
    [200, '{"items":[]}'],
    [200, `{"global":{},"receivers":[],"routes":[],"status":${STORED}}`],
    [404, ''],
  ]);
  expect(new Set(answers.slice(0, 4).map(({ headers }) => headers.etag))).toEqual(new Set(['"0.0"']));
});

it('D27 D28 F-24: answers 200 with what was sent, as equal JSON, and an ETag; unknown types of receivers pass through', async () => {
  const answer = await put('team', SLACK);
  expect([answer.status, answer.json]).toEqual([200, SLACK]);
  expect(answer.headers.etag).toMatch(/^"\d+\.0"$/);
  const read = await get('receivers/team');
  expect([read.json, read.headers.etag]).toEqual([SLACK, answer.headers.etag]);
});

it('the name in the path wins, whatever it holds', async () => {
  await put('team', SLACK);
  const name = 'Ops / "night" @ 24';
  const answer = await put(encodeURIComponent(name), { name: 'other', webhook_configs: [] });
  expect(answer.json).toEqual({ name, webhook_configs: [] });
  expect((await get(`receivers/${encodeURIComponent(name)}`)).json.name).toBe(name);
  expect((await put('__proto__', {})).json).toEqual({ name: '__proto__' });
  expect((await get('receivers/constructor')).status).toBe(404);
  expect((await get('receivers')).json.items.map((one: { name: string }) => one.name)).toEqual([name, '__proto__', 'team']);
});

it('F-17: shows credentials to admins, and <secret> to readonly callers everywhere', async () => {
  await put('team', SLACK);
  for (const path of ['receivers/team', 'receivers', 'config']) {
    expect((await get(path)).text).toContain('hunter2');
    const masked = await get(path, readonlyKey);
    expect(masked.text).not.toMatch(/hunter|hooks\.example/);
    expect(masked.text).toContain('"api_url":"<secret>"');
    expect(masked.text).toContain('#ops');
  }
});

it('takes <secret> for what is stored at the same position', async () => {
  await put('team', SLACK);
  const masked = (await get('receivers/team', readonlyKey)).json;
  const answer = await put('team', { ...masked, slack_configs: [{ ...masked.slack_configs[0], channel: '#new' }] });
  expect(answer.json.slack_configs).toEqual([{ ...SLACK.slack_configs[0], channel: '#new' }]);
  expect(answer.json.brand_new_configs).toEqual(SLACK.brand_new_configs);
  await put('team', SLACK);
  const moved = await put('team', { ...masked, slack_configs: [masked.slack_configs[1], { ...masked.slack_configs[0], channel: '#new' }] });
  expect(moved.json.slack_configs).toEqual([SLACK.slack_configs[1], { ...SLACK.slack_configs[0], channel: '#new' }]);
  await put('team', SLACK);
});

it('drops <secret> where nothing is stored: a new receiver, a new entry, a new field, the global settings', async () => {
  const secret = '<secret>';
  const made = await put('fresh', {
    slack_configs: [{ channel: '#ops', api_url: secret, http_config: { basic_auth: { password: secret } } }],
  });
  expect([made.status, made.json]).toEqual([200, { name: 'fresh', slack_configs: [{ channel: '#ops', http_config: { basic_auth: {} } }] }]);
  await put('team', SLACK);
  const masked = (await get('receivers/team', readonlyKey)).json;
  const entry = { channel: '#third', api_url: secret, http_config: { http_headers: { A: { values: [secret] } } } };
  const field = { ...masked.slack_configs[1], app_token: secret };
  const changed = await put('team', { ...masked, slack_configs: [masked.slack_configs[0], field, entry] });
  expect([changed.status, changed.json.slack_configs]).toEqual([
    200,
    [...SLACK.slack_configs, { channel: '#third', http_config: { http_headers: { A: { values: [] } } } }],
  ]);
  const global = await server.send({ method: 'PUT', path: `${BASE}/global`, body: { resolve_timeout: '5m', slack_api_url: secret } });
  expect([global.status, global.json]).toEqual([200, { resolve_timeout: '5m' }]);
  expect((await get('config')).text).not.toContain(secret);
});

it('changes nothing when nothing changes', async () => {
  await put('team', SLACK);
  const before = await get('receivers/team');
  expect((await put('team', before.json)).headers.etag).toBe(before.headers.etag);
});

it('keeps no credential in clear on the disk', async () => {
  await put('team', SLACK);
  const stored = await server.plane.ports.store.get({ kind: 'alertmanager', tenant: 'demo', name: 'demo' });
  expect(JSON.stringify(stored)).not.toMatch(/hunter|hooks\.example/);
  expect(JSON.stringify(await server.plane.ports.store.events(0, 1_000))).not.toContain('hunter');
});

it('OPENKUPE_ALERTMANAGER_MASK=everyone hides credentials from admins too, and still restores them', async () => {
  const masking = await startInProcess({ OPENKUPE_ALERTMANAGER_MASK: 'everyone' });
  try {
    const path = `${BASE}/receivers/team`;
    const answer = await masking.send({ method: 'PUT', path, body: SLACK });
    expect(answer.text).not.toContain('hunter');
    expect((await masking.send({ method: 'PUT', path, body: answer.json })).headers.etag).toBe(answer.headers.etag);
    expect((await masking.send({ method: 'GET', path })).text).not.toContain('hunter');
  } finally {
    await masking.stop();
  }
});
