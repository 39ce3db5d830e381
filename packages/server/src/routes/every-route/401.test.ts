import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mintApiKey } from '../../auth/api-key.ts';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { EVERY_ROUTE, sampleRequest, TENANT_ROUTES } from '../../testing/sample-requests.ts';

let server: InProcess;
let caller = 0;
/** Another address for every request: the backoff of one must not hide the 401 of the next. */
const address = () => {
  caller += 1;
  return `10.0.${Math.floor(caller / 250)}.${(caller % 250) + 1}`;
};

beforeAll(async () => {
  server = await startInProcess();
});
afterAll(() => server.stop());

describe.each(TENANT_ROUTES.map((route) => [route.id, route] as const))('%s', (_id, route) => {
  const request = sampleRequest(route);

  it('without a credential: 401', async () => {
    const received = await server.send({ ...request, key: null, address: address() });
    expect([received.status, errorOf(received)]).toEqual([401, 'No credential was sent; send "Authorization: Bearer <API key>"']);
    expect(received.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(received.headers['retry-advice']).toBe('stop; executed=no');
  });

  it('with another scheme: 401', async () => {
    const headers = { authorization: `Basic ${server.adminKey}` };
    const received = await server.send({ ...request, key: null, headers, address: address() });
    expect([received.status, errorOf(received)]).toEqual([
      401,
      'The Authorization header is malformed; send "Authorization: Bearer <API key>"',
    ]);
  });

  it('with a key that is unknown, wrong, garbage, expired or revoked: the same 401', async () => {
    const wrong = mintApiKey(server.random);
    const expired = await server.makeKey('admin', { expiresAt: '2025-12-31T23:59:59Z' });
    const revoked = await server.makeKey('admin');
    const id = `ak-${revoked.split('_')[1]}`;
    const stored = await server.plane.ports.store.find('api-key', id);
    if (!stored) throw new Error('The key is not stored');
    await server.plane.ports.store.commit({
      at: 0,
      writes: [
        { verb: 'delete-if', key: { kind: 'api-key', tenant: 'demo', name: id }, uid: stored.uid, expectedVersion: stored.resourceVersion },
      ],
    });
    const bodies = new Set<string>();
    const tampered = server.adminKey.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    for (const key of [wrong.text, tampered, 'kupe_x', 'eyJhbGciOiJub25lIn0.e30.', expired, revoked]) {
      const received = await server.send({ ...request, key, address: address() });
      expect(received.status).toBe(401);
      bodies.add(errorOf(received));
    }
    expect(bodies.size).toBe(1);
  });
});

it.each(EVERY_ROUTE.filter(({ access }) => access === 'public').map((route) => [route.id, route] as const))(
  '%s is public: no token is needed and a bad one is ignored',
  async (_id, route) => {
    for (const key of [null, 'kupe_garbage', server.adminKey]) {
      expect((await server.send({ ...sampleRequest(route), key, address: address() })).status).toBe(200);
    }
  },
);
