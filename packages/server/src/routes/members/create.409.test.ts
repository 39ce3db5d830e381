import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const path = '/api/v1/tenants/demo/members';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

it('refuses an address that is there already, in any case, and says how to change it', async () => {
  const received = await server.send({ method: 'POST', path, body: { email: 'OWNER@demo.example', role: 'readonly' } });
  expect([received.status, errorOf(received)]).toEqual([
    409,
    expect.stringContaining('PATCH /api/v1/tenants/demo/members/owner%40demo.example'),
  ]);
  const { json } = await server.send({ method: 'GET', path });
  expect(json.items).toEqual([{ email: 'owner@demo.example', role: 'admin' }]);
});
