import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_PLANS, OPERATOR_PREFIX } from '@openkupe/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorOf, type InProcess, type Received, startInProcess } from '../testing/in-process.ts';
import { OPERATOR_ROUTES } from './operator-pipeline.ts';
import { createOperatorServer } from './operator-server.ts';

let folder: string;
let socketPath: string;
let server: InProcess;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'operator-'));
  socketPath = join(folder, 'o.sock');
  server = await startInProcess({ OPENKUPE_OPERATOR_SOCKET: socketPath });
  await server.plane.start();
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const operate = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  sendText(method, path, body === undefined ? '' : JSON.stringify(body), headers);

function sendText(method: string, path: string, payload: string, headers: Record<string, string> = {}): Promise<Received> {
  // NOTE: Node frames the body of a DELETE only when it is given the length.
  const framed = { 'content-length': String(Buffer.byteLength(payload)), ...headers };
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path: `${OPERATOR_PREFIX}${path}`, headers: framed }, async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode ?? 0, headers: response.headers as Record<string, string>, text, json: JSON.parse(text) });
    });
    sent.once('error', reject);
    sent.end(payload);
  });
}
const public_ = (method: string, path: string, body?: unknown, key?: string) =>
  server.send({ method, path: `/api/v1${path}`, ...(body ? { body } : {}), ...(key ? { key } : {}) });
const auditOf = async (tenant?: string) => (await operate('GET', tenant ? `/tenants/${tenant}/audit` : '/audit')).json.items;

describe('the socket', () => {
  it('can be opened by its owner only', async () => {
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
  });

  it.each(OPERATOR_ROUTES.map(({ id, method, path }) => [id, method, path] as const))(
    '%s is not reachable over the public port, with any key',
    async (_id, method, path) => {
      for (const key of [server.adminKey, null]) {
        const received = await server.send({ method, path: `${OPERATOR_PREFIX}${path}`, key });
        expect([received.status, received.headers['error-code']]).toEqual([404, 'unknown-route']);
      }
    },
  );

  it('does not serve the public API', async () => {
    const received = await operate('GET', '/../../api/v1/plans');
    expect(received.status).toBe(404);
  });

  it('replaces one that a killed server left behind, but nothing that answers and no file', async () => {
    const ports = { ...server.plane.ports, metricsPage: {} as never, account: 'test' };
    const second = createOperatorServer(ports);
    await expect(second.listen(socketPath)).rejects.toThrow('Another control plane listens on');
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(second.listen(file)).rejects.toThrow('there is a file');
  });

  it.each(OPERATOR_ROUTES.filter(({ body }) => body).map(({ method, path }) => [method, path] as const))(
    '%s %s refuses unknown fields, and a body that is no JSON',
    async (method, path) => {
      const real = path.replace('{tenant}', 'demo').replace('{plan}', 'pro').replace('{version}', '1.34');
      const unknown = await operate(method, real, { surprise: 1 });
      expect([unknown.status, errorOf(unknown)]).toEqual([400, expect.stringContaining('unknown field "surprise"')]);
      expect((await operate(method, real)).status).toBe(400);
    },
  );

  it('405 names the methods that exist; 404 what is nowhere', async () => {
    const wrong = await operate('DELETE', '/plans/pro');
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'PUT']);
    expect((await operate('GET', '/nowhere')).status).toBe(404);
    expect((await operate('PATCH', '/tenants/%ff', { isSuspended: false })).status).toBe(400);
  });
});

describe('tenants', () => {
  it('makes one whose first key works at once, with the owner as its first admin', async () => {
    const made = await operate('POST', '/tenants', { name: 'acme', contactEmail: 'Owner@Acme.example' }, { 'operator-name': 'ada' });
    expect(made).toMatchObject({
      status: 201,
      json: { name: 'acme', plan: 'starter', phase: 'Active', contactEmail: 'owner@acme.example' },
    });
    const { status, json } = await operate('POST', '/tenants/acme/apikeys', { displayName: 'first', role: 'admin' });
    expect([status, json.createdBy]).toEqual([201, 'owner@acme.example']);
    const tenant = await public_('GET', '/tenants/acme', undefined, json.key);
    expect(tenant).toMatchObject({ status: 200, json: { displayName: 'acme', members: [{ email: 'owner@acme.example', role: 'admin' }] } });
    expect((await operate('GET', '/tenants')).json.items.map(({ name }: { name: string }) => name)).toEqual(['acme', 'demo']);
    const rows = await auditOf('acme');
    expect(rows.map(({ action }: { action: string }) => action)).toEqual(['operator.api-keys.create', 'operator.tenants.create']);
    expect(rows[1]).toMatchObject({ actor: 'operator:ada', target: 'tenants/acme' });
    expect(rows[0].actor).toMatch(/^operator:.+/);
    expect(JSON.stringify(rows)).not.toContain(json.key);
  });

  it.each([
    ['a name that is taken', { name: 'demo', contactEmail: 'a@b.example' }, 409, 'exists already'],
    ['a name that is none', { name: 'Demo', contactEmail: 'a@b.example' }, 400, 'tenant name must'],
    ['an address that is none', { name: 'other', contactEmail: 'nobody' }, 400, 'contactEmail must'],
    ['an unknown plan', { name: 'other', contactEmail: 'a@b.example', plan: 'gold' }, 400, 'plan must be one of starter, pro'],
  ])('refuses %s', async (_what, body, status, message) => {
    const received = await operate('POST', '/tenants', body);
    expect([received.status, errorOf(received)]).toEqual([status, expect.stringContaining(message)]);
  });

  it('a suspended one answers 403 with the reason, to reads and writes, until it is resumed', async () => {
    const suspended = await operate('PATCH', '/tenants/demo', { isSuspended: true, reason: 'invoice 2026-01 is overdue' });
    expect(suspended.json).toMatchObject({ phase: 'Suspended', reason: 'invoice 2026-01 is overdue' });
    for (const refused of [
      await public_('GET', '/tenants/demo/clusters'),
      await public_('POST', '/tenants/demo/clusters', { name: 'x' }),
      await public_('PATCH', '/tenants/demo', { surprise: 1 }),
    ]) {
      expect([refused.status, refused.headers['error-code']]).toEqual([403, 'tenant-suspended']);
      expect(errorOf(refused)).toBe('Tenant "demo" is suspended: invoice 2026-01 is overdue; ask the operator of this installation');
    }
    expect((await public_('GET', '/plans')).status).toBe(200);
    expect((await operate('PATCH', '/tenants/demo', { isSuspended: false })).json).not.toHaveProperty('reason');
    expect((await public_('GET', '/tenants/demo')).status).toBe(200);
  });

  it('says what a patch lacks, and 404 for a tenant that is not there', async () => {
    for (const body of [{}, { isSuspended: true }, { reason: 'x' }])
      expect((await operate('PATCH', '/tenants/demo', body)).status).toBe(400);
    expect((await operate('PATCH', '/tenants/nobody', { isSuspended: false })).status).toBe(404);
    expect((await operate('POST', '/tenants/nobody/apikeys', { displayName: 'x', role: 'admin' })).status).toBe(404);
  });

  it('deletes one: refused without its name and while it has clusters, then gone with its keys, and in the audit', async () => {
    await operate('POST', '/tenants', { name: 'leaving', contactEmail: 'a@leaving.example' });
    const { json: key } = await operate('POST', '/tenants/leaving/apikeys', { displayName: 'first', role: 'admin' });
    expect((await public_('POST', '/tenants/leaving/clusters', { name: 'last' }, key.key)).status).toBe(201);

    const wrong = await operate('DELETE', '/tenants/leaving', { confirm: 'demo', cascade: true });
    expect([wrong.status, errorOf(wrong)]).toEqual([400, 'confirm must be the name of the tenant, "leaving", not "demo"']);
    const busy = await operate('DELETE', '/tenants/leaving', { confirm: 'leaving' });
    expect([busy.status, busy.headers['error-code']]).toEqual([409, 'clusters_exist']);

    const accepted = await operate('DELETE', '/tenants/leaving', { confirm: 'leaving', cascade: true }, { 'operator-name': 'ada' });
    expect(accepted).toMatchObject({ status: 202, json: { name: 'leaving', phase: 'Terminating' } });
    expect((await operate('DELETE', '/tenants/leaving', { confirm: 'leaving' })).headers['error-code']).toBe('already_terminating');

    const names = async () => (await operate('GET', '/tenants')).json.items.map(({ name }: { name: string }) => name);
    for (let second = 0; second < 120 && (await names()).includes('leaving'); second += 1) await server.clock.advance(1_000);
    expect(await names()).not.toContain('leaving');
    expect((await public_('GET', '/tenants/leaving', undefined, key.key)).status).toBe(401);
    expect((await auditOf('leaving'))[0]).toMatchObject({ action: 'operator.tenants.delete', actor: 'operator:ada' });
    expect((await operate('DELETE', '/tenants/leaving', { confirm: 'leaving' })).status).toBe(404);
  });

  it('dedicated clusters are for tenants that were allowed to', async () => {
    const body = { name: 'alone', type: 'dedicated' };
    expect((await public_('POST', '/tenants/demo/clusters', body)).headers['error-code']).toBe('CLUSTER_DEDICATED_UNSUPPORTED');
    await operate('PATCH', '/tenants/demo', { allowsDedicated: true });
    expect(await public_('POST', '/tenants/demo/clusters', body)).toMatchObject({ status: 201, json: { type: 'dedicated' } });
  });
});

describe('what is offered', () => {
  it('plans: changes fields of one, and keeps the rest; the public catalogue and quotas follow', async () => {
    await public_('POST', '/tenants/demo/clusters', { name: 'first' });
    expect((await operate('GET', '/plans')).json.items).toEqual(DEFAULT_PLANS);
    const set = await operate('PUT', '/plans/pro', { platformFee: '59.00', maxClusters: 1, resourcePool: { cpu: '10' } });
    expect(set.json).toEqual({
      ...DEFAULT_PLANS[1],
      platformFee: '59.00',
      maxClusters: 1,
      resourcePool: { ...DEFAULT_PLANS[1]?.resourcePool, cpu: '10' },
    });
    expect((await public_('GET', '/plans/pro')).json).toEqual(set.json);
    expect((await public_('POST', '/tenants/demo/clusters', { name: 'one-more' })).headers['error-code']).toBe('cluster-limit');
    await operate('PUT', '/plans/pro', { maxClusters: 5 });
    const [row] = await auditOf();
    expect(row).toMatchObject({ action: 'operator.plans.set', target: 'plans/pro' });
  });

  it('plans: a new one needs every field, is sorted by its fee, and can be chosen', async () => {
    const lacking = await operate('PUT', '/plans/team', { platformFee: '99.00' });
    expect([lacking.status, errorOf(lacking)]).toEqual([400, 'Plan "team" is new, so displayName is required']);
    const { name: _name, ...fields } = { ...DEFAULT_PLANS[1], displayName: 'Team', platformFee: '99.00' };
    expect((await operate('PUT', '/plans/team', fields)).status).toBe(200);
    const { json } = await public_('GET', '/plans');
    expect(json.items.map(({ name }: { name: string }) => name)).toEqual(['starter', 'pro', 'team', 'business', 'enterprise']);
    expect((await public_('PATCH', '/tenants/demo', { plan: 'team' })).status).toBe(200);
    expect((await operate('PUT', '/plans/team', { platformFee: '1' })).status).toBe(400);
  });

  it('versions: retiring warns, withdrawn refuses, and the default moves on; clusters keep theirs', async () => {
    const states = async () =>
      (await operate('GET', '/versions')).json.items.map(({ minor, state }: Record<string, string>) => `${minor} ${state}`);
    expect(await states()).toEqual(['1.35 offered', '1.34 offered', '1.33 offered', '1.32 offered', '1.31 retiring']);
    await public_('POST', '/tenants/demo/clusters', { name: 'keeps', version: '1.33' });
    await operate('PUT', '/versions/1.35', { state: 'retiring' });
    await operate('PUT', '/versions/1.33', { state: 'withdrawn' });
    await operate('PUT', '/versions/1.31', { state: 'offered' });
    expect(await states()).toEqual(['1.35 retiring', '1.34 offered', '1.33 withdrawn', '1.32 offered', '1.31 offered']);
    const refused = await public_('POST', '/tenants/demo/clusters', { name: 'late', version: '1.33' });
    expect(errorOf(refused)).toBe('unsupported Kubernetes version "1.33", supported versions: [1.35 1.34 1.32 1.31]');
    expect((await public_('POST', '/tenants/demo/clusters', { name: 'fresh' })).json.version).toBe('1.34');
    const warned = await public_('POST', '/tenants/demo/clusters', { name: 'old', version: '1.35' });
    expect(warned.json.warnings).toMatchObject([{ code: 'HA_K8S_VERSION_RETIRING' }]);
    expect((await public_('PATCH', '/tenants/demo/clusters/keeps', { alerts: { a: 1 } })).status).toBe(200);
  });

  it('versions: 404 for one the engine does not have, 400 for withdrawing the last', async () => {
    expect((await operate('PUT', '/versions/1.99', { state: 'offered' })).status).toBe(404);
    for (const minor of ['1.35', '1.34', '1.33']) {
      expect((await operate('PUT', `/versions/${minor}`, { state: 'withdrawn' })).status).toBe(200);
    }
    const last = await operate('PUT', '/versions/1.32', { state: 'retiring' });
    expect([last.status, last.headers['error-code']]).toEqual([400, 'last-version']);
  });

  it('provisioning: paused is 503 with a wait for every tenant, and changes of clusters go on', async () => {
    await public_('POST', '/tenants/demo/clusters', { name: 'keeps' });
    expect((await operate('PUT', '/provisioning', { isPaused: true })).json).toEqual({ isPaused: true });
    const refused = await public_('POST', '/tenants/demo/clusters', { name: 'paused' });
    expect([refused.status, errorOf(refused)]).toEqual([503, expect.stringContaining('Cluster creation is temporarily paused')]);
    expect(refused.headers['retry-after']).toBe('60');
    expect(refused.headers['retry-advice']).toBe('back-off; executed=no');
    expect((await public_('PATCH', '/tenants/demo/clusters/keeps', { alerts: { a: 2 } })).status).toBe(200);
    await operate('PUT', '/provisioning', { isPaused: false });
    expect((await operate('GET', '/provisioning')).json).toEqual({ isPaused: false });
  });
});

describe('limits', () => {
  it('shows what is counted about an address, forgives it, and leaves an audit row', async () => {
    const address = '10.7.7.7';
    for (let guess = 0; guess < 10; guess += 1)
      await server.send({ method: 'GET', path: '/api/v1/tenants/demo', key: `kupe_${guess}`, address });
    const shown = await operate('GET', `/limits/${address}`);
    expect(shown.json.group).toContain(address);
    expect(shown.json.authentication.failures).toBeGreaterThan(0);
    const forgiven = await operate('DELETE', `/limits/${address}`);
    expect(forgiven.json).toMatchObject({ wasKnown: true, authentication: { failures: 0, blockedForMs: 0 } });
    expect((await auditOf())[0]).toMatchObject({ action: 'operator.limits.forgive', target: `limits/${address}` });
    expect((await operate('GET', '/limits/nowhere')).status).toBe(400);
  });
});

it.each(OPERATOR_ROUTES.map((route) => [route.id, route] as const))(
  '%s refuses a query parameter that it does not know',
  async (_id, route) => {
    const path = route.path.replace(/\{[a-z]+\}/g, 'demo');
    const received = await operate(route.method, `${path}?dryRun=All`);
    expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining('unknown query parameter "dryRun"')]);
  },
);

it('refuses a field that is there twice, and a number that cannot be kept', async () => {
  const send = (text: string) => sendText('PUT', '/provisioning', text);
  const twice = await send('{"isPaused":false,"isPau\\u0073ed":true}');
  expect([twice.status, errorOf(twice)]).toEqual([400, expect.stringContaining('the field "isPaused" is there twice')]);
  const number = await send('{"isPaused":1e999}');
  expect([number.status, errorOf(number)]).toEqual([400, expect.stringContaining('isPaused is the number 1e999')]);
});

it('audit: a limit that is there twice is 400', async () => {
  expect((await operate('GET', '/audit?limit=1&limit=2')).status).toBe(400);
  expect((await operate('GET', '/audit?limit=1?limit=2')).status).toBe(400);
});

it('audit: a limit out of bounds is 400; what the tenant did itself is there too', async () => {
  await public_('POST', '/tenants/demo/clusters', { name: 'one' });
  expect((await operate('GET', '/audit?limit=0')).status).toBe(400);
  expect((await operate('GET', '/tenants/demo/audit?limit=1')).json.items).toHaveLength(1);
  expect((await auditOf('demo')).some(({ action }: { action: string }) => action === 'clusters.create')).toBe(true);
});

it('audit: pages, filters and fields are those of the tenant, and what the operator does is from this machine', async () => {
  await operate('PATCH', '/tenants/demo', { isSuspended: true, reason: 'unpaid' });
  await operate('PATCH', '/tenants/demo', { isSuspended: false });
  const { items } = (await operate('GET', '/tenants/demo/audit?action=operator.&limit=1000')).json;
  expect(items).toMatchObject([
    { address: 'local', fields: [{ pointer: '#/suspended/reason', before: 'unpaid' }] },
    { address: 'local', fields: [{ pointer: '#/suspended/reason', after: 'unpaid' }] },
  ]);
  const first = (await operate('GET', '/tenants/demo/audit?limit=1')).json;
  expect((await operate('GET', `/tenants/demo/audit?limit=1&continue=${first.continue}`)).json.items).toEqual([items[1]]);
  await operate('PUT', '/provisioning', { isPaused: true });
  expect((await auditOf())[0]).toMatchObject({ tenantUid: '', fields: [{ pointer: '#/isProvisioningPaused', after: true }] });
  expect((await operate('GET', '/audit?since=today')).status).toBe(400);
});
