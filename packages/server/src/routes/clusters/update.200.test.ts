import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';
import { untilPhase } from '../../testing/life-cycle.ts';

const PATH = '/api/v1/tenants/demo/clusters/one';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.start();
  const body = { name: 'one', version: '1.32', resources: { cpu: '1', memory: '2Gi', storage: '10Gi' } };
  await server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body });
  await untilPhase(server, PATH, 'Running');
});
afterEach(() => server.stop());

const patch = (body: unknown) => server.send({ method: 'PATCH', path: PATH, body });

it('shows Upgrading in the answer itself, and Running with the new version at the end', async () => {
  const { status, json, headers } = await patch({ version: '1.33' });
  expect(status).toBe(200);
  expect(json).toMatchObject({ version: '1.33', generation: 2, status: { phase: 'Upgrading', observedGeneration: 1 } });
  expect(json.status.kubernetesVersion).toMatch(/^v1\.32\./);
  expect(headers.etag).toMatch(new RegExp(`^"${json.resourceVersion}\\.\\d+"$`));
  const done = await untilPhase(server, PATH, 'Running');
  expect(done.json.status).toMatchObject({ observedGeneration: 2 });
  expect(done.json.status.kubernetesVersion).toMatch(/^v1\.33\./);
});

it('merges resources field by field, and an empty object clears them', async () => {
  expect((await patch({ resources: { memory: '4Gi' } })).json.resources).toEqual({ cpu: '1', memory: '4Gi', storage: '10Gi' });
  expect((await patch({ resources: {} })).json.resources).toEqual({});
  const { json } = await server.send({ method: 'GET', path: '/api/v1/tenants/demo' });
  expect(json.status.allocatedResources).toEqual({ cpu: '0', memory: '0', storage: '0' });
});

it('an empty version beside other fields changes nothing about the version', async () => {
  const { json } = await patch({ version: '', alerts: { a: 1 } });
  expect(json).toMatchObject({ version: '1.32', alerts: { a: 1 } });
});

it('the same again is 200 and moves neither generation nor resourceVersion', async () => {
  const before = await server.send({ method: 'GET', path: PATH });
  const after = await patch({ version: '1.32' });
  expect(after.status).toBe(200);
  expect([after.json.generation, after.json.resourceVersion]).toEqual([before.json.generation, before.json.resourceVersion]);
});
