import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { ADMIN_ROUTES, sampleRequest, TENANT_ROUTES } from '../../testing/sample-requests.ts';

let server: InProcess;
let readonlyKey: string;

beforeAll(async () => {
  server = await startInProcess();
  await server.makeTenant('other');
  readonlyKey = await server.makeKey('readonly');
});
afterAll(() => server.stop());

it.each(TENANT_ROUTES.map((route) => [route.id, route] as const))(
  '%s: a foreign tenant and one that does not exist cannot be told apart',
  async (_id, route) => {
    const foreign = await server.send(sampleRequest(route, { tenant: 'other' }));
    const missing = await server.send(sampleRequest(route, { tenant: 'never-was' }));
    expect([foreign.status, missing.status]).toEqual([403, 403]);
    expect(errorOf(foreign).replace('other', 'X')).toBe(errorOf(missing).replace('never-was', 'X'));
    const visible = ({ headers }: typeof foreign) => Object.keys(headers).filter((name) => name !== 'content-length');
    expect(visible(foreign)).toEqual(visible(missing));
  },
);

describe.each(ADMIN_ROUTES.map((route) => [route.id, route] as const))('%s', (_id, route) => {
  it('refuses a readonly key and names the role that is needed', async () => {
    const received = await server.send({ ...sampleRequest(route), key: readonlyKey });
    expect(received.status).toBe(403);
    expect(errorOf(received)).toContain('"admin"');
  });

  it('refuses the role before it looks at the body: a readonly caller learns nothing of the resource', async () => {
    const received = await server.send({ ...sampleRequest(route), body: { nonsense: 1 }, key: readonlyKey });
    expect(received.status).toBe(403);
  });
});
