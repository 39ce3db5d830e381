import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

it('D25: has the four texts and the two switches that a data source reads, for readonly keys too', async () => {
  const { status, json } = await server.send({ method: 'GET', path: '/api/v1/tenants/demo', key: await server.makeKey('readonly') });
  expect(status).toBe(200);
  const { name, displayName, contactEmail, plan, enforceMetricsLimit, enforceLogLimit } = json;
  expect([name, displayName, contactEmail, plan]).toEqual(['demo', 'Demo', 'owner@demo.example', 'pro']);
  expect([enforceMetricsLimit, enforceLogLimit]).toEqual([false, false]);
});

it('does not tell what is between the operator and the installation', async () => {
  const { json } = await server.send({ method: 'GET', path: '/api/v1/tenants/demo' });
  expect(Object.keys(json)).not.toContain('allowsDedicated');
  expect(Object.keys(json)).not.toContain('suspended');
});
