import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const PATH = '/api/v1/tenants/demo';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const patch = (body: unknown, headers: Record<string, string> = {}) => server.send({ method: 'PATCH', path: PATH, body, headers });

it('shows the tenant with its members, pool and allocation', async () => {
  const { status, json, headers } = await server.send({ method: 'GET', path: PATH });
  expect(status).toBe(200);
  expect(json).toMatchObject({
    name: 'demo',
    displayName: 'Demo',
    contactEmail: 'owner@demo.example',
    plan: 'pro',
    enforceMetricsLimit: false,
    enforceLogLimit: false,
    members: [{ email: 'owner@demo.example', role: 'admin' }],
    status: {
      phase: 'Active',
      clusterCount: 0,
      allocatedResources: { cpu: '0', memory: '0', storage: '0' },
      poolResources: { cpu: '8', memory: '32', storage: '200' },
    },
  });
  expect(headers.etag).toMatch(/^"\d+\.\d+"$/);
});

it('an explicit false is not an absent field', async () => {
  expect((await patch({ enforceLogLimit: true, enforceMetricsLimit: true })).json).toMatchObject({
    enforceLogLimit: true,
    enforceMetricsLimit: true,
  });
  expect((await patch({ enforceLogLimit: false })).json).toMatchObject({ enforceLogLimit: false, enforceMetricsLimit: true });
});

it('a stale tag is 412; creating a cluster does not make a tag stale', async () => {
  const { headers } = await server.send({ method: 'GET', path: PATH });
  await server.send({ method: 'POST', path: `${PATH}/clusters`, body: { name: 'one', resources: { cpu: '5' } } });
  expect((await patch({ enforceLogLimit: true }, { 'if-match': headers.etag ?? '' })).status).toBe(200);
  const stale = await patch({ enforceLogLimit: false }, { 'if-match': headers.etag ?? '' });
  expect([stale.status, errorOf(stale)]).toEqual([412, expect.stringContaining('Tenant "demo" changed')]);
});

it.each([
  ['nothing', {}, 'at least one field required'],
  ['an unknown plan', { plan: 'gold' }, 'plan must be one of starter, pro, business, enterprise, not "gold"'],
  [
    'a plan that is too small for what is allocated',
    { plan: 'starter' },
    'The cpu pool of plan "starter" is 4 cores, and 5 cores would be allocated',
  ],
  ['a switch as text', { enforceLogLimit: 'no' }, 'enforceLogLimit must be a boolean, not string'],
])('refuses %s with 400', async (_what, body, message) => {
  await server.send({ method: 'POST', path: `${PATH}/clusters`, body: { name: 'one', resources: { cpu: '5' } } });
  const received = await patch(body);
  expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining(message)]);
});

it('changes the plan, and with it the pool', async () => {
  expect((await patch({ plan: 'business' })).json).toMatchObject({ plan: 'business', status: { poolResources: { cpu: '32' } } });
});
