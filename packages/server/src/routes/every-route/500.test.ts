import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ports } from '../../start/compose-ports.ts';
import { type Store, StoreUnavailableError } from '../../store/store.ts';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';
import { sampleRequest, TENANT_ROUTES, WRITES } from '../../testing/sample-requests.ts';

let server: InProcess;
const SECRET = 'password=hunter2 at /srv/openkupe/store.ts:12';

/** The real store with every resource verb throwing on purpose; authentication still works. */
function brokenStore(store: Store, error: () => Error): Pick<Ports, 'store'> {
  const verbs = new Set(['get', 'list', 'commit', 'idempotencyRecord']);
  return {
    store: new Proxy(store, {
      get: (target, name) => (verbs.has(String(name)) ? () => Promise.reject(error()) : Reflect.get(target, name).bind(target)),
    }),
  };
}

beforeAll(async () => {
  server = await startInProcess();
});
afterAll(() => server.stop());

describe.each(TENANT_ROUTES.map((route) => [route.id, route] as const))('%s', (_id, route) => {
  it('turns an exception into a 500 that tells the request id and nothing else', async () => {
    const broken = brokenStore(server.plane.ports.store, () => new Error(SECRET));
    const received = await server.sendWith(broken, { ...sampleRequest(route), headers: { 'x-request-id': 'req-of-the-test' } });
    expect(received.status).toBe(500);
    expect(errorOf(received)).toBe('Internal server error; quote request id req-of-the-test if it persists');
    expect(JSON.stringify([received.text, received.headers])).not.toContain('hunter2');
    expect(received.headers['retry-advice']).toMatch(/^back-off; executed=(no|unknown)$/);
  });
});

it.each(WRITES.map((route) => [route.id, route] as const))(
  '%s: a store that cannot write is 503 with a wait, and nothing was executed',
  async (_id, route) => {
    const broken = brokenStore(server.plane.ports.store, () => new StoreUnavailableError('disk full at /srv'));
    const received = await server.sendWith(broken, sampleRequest(route));
    expect(received.status).toBe(503);
    expect(received.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(received.headers['retry-advice']).toBe('back-off; executed=no');
    expect(errorOf(received)).not.toContain('/srv');
  },
);
