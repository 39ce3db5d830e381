import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../testing/in-process.ts';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const get = (path: string) => server.send({ method: 'GET', path, key: null });

it.each(['/livez', '/readyz', '/startupz'])('%s answers without a key, and lists its checks with ?verbose', async (path) => {
  expect(await get(path)).toMatchObject({ status: 200, json: { status: 'ok' } });
  expect((await get(`${path}?verbose`)).json.checks[0]).toEqual({ name: 'store', state: 'ok' });
  expect(await get(`${path}?verbos`)).toMatchObject({ status: 400 });
});

it('/version names the release in the manifest', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await get('/version')).toMatchObject({ status: 200, json: { version, node: process.versions.node } });
});

it('no check is rate limited', async () => {
  const { plane } = server;
  const allowedBefore = plane.ports.addressLimit.metrics.allowed;
  for (const path of ['/livez', '/readyz', '/startupz', '/version']) await get(path);
  expect(plane.ports.addressLimit.metrics.allowed).toBe(allowedBefore);
});
