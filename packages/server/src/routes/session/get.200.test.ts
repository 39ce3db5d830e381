import { randomUUID } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

let server: InProcess;
afterEach(() => server.stop());

it.each(['admin', 'readonly'] as const)('tells a key its role (%s) and its id, and a stranger nothing', async (role) => {
  server = await startInProcess();
  const tenant = `t-${randomUUID().slice(0, 8)}`;
  await server.makeTenant(tenant);
  const key = await server.makeKey(role, { tenant });
  const path = `/api/v1/tenants/${tenant}/session`;
  const { status, json } = await server.send({ method: 'GET', path, key });
  expect(status).toBe(200);
  const id = `ak-${key.split('_')[1]}`;
  expect(json).toEqual({ tenant, role, kind: 'api-key', subject: id, apiKey: expect.objectContaining({ id, role }) });
  const stranger = await server.send({ method: 'GET', path });
  const nowhere = await server.send({ method: 'GET', path: '/api/v1/tenants/nowhere/session' });
  expect([stranger.status, errorOf(stranger).replace(tenant, 'X')]).toEqual([403, errorOf(nowhere).replace('nowhere', 'X')]);
});
