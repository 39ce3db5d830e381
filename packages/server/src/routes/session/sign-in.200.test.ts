import { afterEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

let server: InProcess;
afterEach(() => server.stop());

it('names the issuer and the client to anybody', async () => {
  server = await startInProcess({ OPENKUPE_OIDC_ISSUER: 'http://127.0.0.1:9/realm/', OPENKUPE_OIDC_AUDIENCE: 'mine' });
  const { status, json } = await server.send({ method: 'GET', path: '/api/v1/sign-in', key: null });
  expect([status, json]).toEqual([200, { issuer: 'http://127.0.0.1:9/realm/', clientId: 'mine' }]);
});

it('says so where only API keys are accepted', async () => {
  server = await startInProcess();
  expect((await server.send({ method: 'GET', path: '/api/v1/sign-in', key: null })).json).toEqual({ issuer: null, clientId: null });
});
