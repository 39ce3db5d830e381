import { DEFAULT_PLANS } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

it('shows the catalogue and each plan, amounts as text and counts as numbers', async () => {
  const { json } = await server.send({ method: 'GET', path: '/api/v1/plans', key: null });
  expect(json.items).toEqual(DEFAULT_PLANS);
  const one = await server.send({ method: 'GET', path: '/api/v1/plans/pro', key: null });
  expect(one.json).toEqual(json.items[1]);
  expect([typeof one.json.platformFee, typeof one.json.maxClusters]).toEqual(['string', 'number']);
});

it('is 404 for a plan that is not there, and 400 for a name that is none', async () => {
  const missing = await server.send({ method: 'GET', path: '/api/v1/plans/gold', key: null });
  expect([missing.status, errorOf(missing)]).toEqual([404, expect.stringContaining('Plan "gold" not found')]);
  expect((await server.send({ method: 'GET', path: '/api/v1/plans/G%20', key: null })).status).toBe(400);
});
