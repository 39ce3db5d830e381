import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

const COLLECTION = '/api/v1/tenants/demo/clusters';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const create = (body: unknown) => server.send({ method: 'POST', path: COLLECTION, body });

it('echoes what was sent, untouched, and starts in Pending', async () => {
  const body = {
    name: 'production',
    displayName: 'Production EU',
    type: 'shared',
    version: '1.32',
    resources: { cpu: '1500m', memory: '2.50Gi', storage: '10Gi' },
    alerts: { rules: [{ deep: { er: true } }] },
  };
  const { status, headers, json } = await create(body);
  expect(status).toBe(201);
  expect(json).toMatchObject({ ...body, highAvailability: false, generation: 1, createdAt: '2026-01-01T00:00:00Z', warnings: [] });
  expect(json.status).toMatchObject({ phase: 'Pending', endpoint: '', kubernetesVersion: '', observedGeneration: 0 });
  expect(headers.etag).toBe(`"${json.resourceVersion}.0"`);
});

it('fills in a display name, a type and the default version, but never resources', async () => {
  const { json } = await create({ name: 'bare', displayName: '', version: '' });
  expect(json).toMatchObject({ displayName: 'bare', type: 'shared', resources: {} });
  expect(json.version).toMatch(/^1\.\d+$/);
  expect(json).not.toHaveProperty('alerts');
});

it('warns about a version that is being retired, and still grants it', async () => {
  const { status, json } = await create({ name: 'old', version: '1.31' });
  expect(status).toBe(201);
  expect(json.warnings).toMatchObject([{ code: 'HA_K8S_VERSION_RETIRING', severity: 'warning', field: 'version' }]);
});

it('counts towards the tenant in the same moment', async () => {
  await create({ name: 'production', resources: { cpu: '1500m', memory: '2.50Gi', storage: '10Gi' } });
  for (const name of ['bare', 'old']) await create({ name });
  const { json } = await server.send({ method: 'GET', path: '/api/v1/tenants/demo' });
  expect(json.status).toMatchObject({ clusterCount: 3, allocatedResources: { cpu: '1.5', memory: '2.5', storage: '10' } });
});

it('leaves one audit row that names who, what and which request', async () => {
  await server.send({ method: 'POST', path: COLLECTION, body: { name: 'audited' }, headers: { 'x-request-id': 'req-for-the-audit' } });
  const [row] = await server.plane.ports.store.audit('demo', 1);
  expect(row).toMatchObject({ action: 'clusters.create', target: 'clusters/audited', requestId: 'req-for-the-audit' });
  expect(row?.actor).toMatch(/^ak-[0-9a-f]{8}$/);
});

it('with an Idempotency-Key: the same answer again, one cluster, and no second audit row', async () => {
  const request = { method: 'POST', path: COLLECTION, body: { name: 'once' }, headers: { 'idempotency-key': '"7f3b2c1d-1"' } };
  const first = await server.send(request);
  const again = await server.send({ ...request, headers: { 'idempotency-key': '7f3b2c1d-1' } });
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.text).toBe(first.text);
  expect(again.headers.etag).toBe(first.headers.etag);
  expect(again.headers['idempotent-replayed']).toBe('true');
  expect(again.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
  const rows = await server.plane.ports.store.audit('demo', 100);
  expect(rows.filter(({ target }) => target === 'clusters/once')).toHaveLength(1);
});
