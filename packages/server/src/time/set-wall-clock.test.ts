import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type InProcess, startInProcess } from '../testing/in-process.ts';
import { CONFIRM_MS } from './confirmed-time.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const JUMPS = [HOUR, -HOUR, DAY, -DAY, 40 * DAY];
const CLUSTERS = '/api/v1/tenants/demo/clusters';

let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
  await server.plane.start();
});
afterEach(() => server.stop());

const get = (path: string, key?: string) => server.send({ method: 'GET', path, ...(key ? { key } : {}) });
const demo = async () => (await get('/api/v1/tenants/demo')).json.status;
/** Long enough for the background tasks to run, and for the wall clock to be believed where it may be. */
const pass = (ms: number) => server.clock.advance(ms);

describe.each(JUMPS)('a wall clock that is set by %i ms', (ms) => {
  it('lets no idempotency record expire, and its answer is replayed', async () => {
    const create = () => server.send({ method: 'POST', path: CLUSTERS, body: { name: 'once' }, headers: { 'idempotency-key': 'k1' } });
    const first = await create();
    expect(first.status).toBe(201);
    server.clock.setWallClock(ms);
    await pass(40_000);
    const again = await create();
    expect([again.status, again.text, again.headers['idempotent-replayed']]).toEqual([201, first.text, 'true']);
  });

  it('revives no expired key', async () => {
    const expiresAt = new Date(server.clock.now() + 60_000).toISOString();
    const key = await server.makeKey('admin', { expiresAt });
    expect((await get(CLUSTERS, key)).status).toBe(200);
    await pass(60_000);
    expect((await get(CLUSTERS, key)).status).toBe(401);
    server.clock.setWallClock(ms);
    expect((await get(CLUSTERS, key)).status).toBe(401);
  });

  it('for 40 seconds closes no month, moves no period, and dates nothing that is billed', async () => {
    await pass(2 * CONFIRM_MS);
    const before = await demo();
    server.clock.setWallClock(ms);
    await server.send({ method: 'PATCH', path: '/api/v1/tenants/demo', body: { plan: 'enterprise' } });
    await pass(40_000);
    const during = await demo();
    expect(during.currentUsage.periodStart).toEqual(before.currentUsage.periodStart);
    server.clock.setWallClock(-ms);
    await pass(40_000);
    expect((await get('/api/v1/tenants/demo/invoices')).json.items).toEqual([]);
    const entry = await server.plane.ports.store.lastLedger('demo');
    expect(entry).toMatchObject({ at: server.clock.now() - 80_000, fact: { kind: 'plan' } });
  });

  it('is shown in /readyz?verbose, and makes nothing unready', async () => {
    server.clock.setWallClock(ms);
    const { status, json } = await get('/readyz?verbose');
    expect([status, json.status]).toEqual([200, 'ok']);
    const clock = json.checks.find(({ name }: { name: string }) => name === 'clock');
    expect(clock).toMatchObject({ state: 'held', message: expect.stringMatching(/^The wall clock was set to 202\d-/) });
  });
});

it('a key that was used while the wall clock was ahead shows its next use', async () => {
  server.clock.setWallClock(DAY);
  await get(CLUSTERS);
  await pass(30_000);
  server.clock.setWallClock(-DAY);
  const usedAt = server.clock.now();
  await get(CLUSTERS);
  await vi.waitFor(async () => {
    await pass(30_000);
    const [key] = await server.plane.ports.store.list('api-key', 'demo');
    expect(key?.observed.lastUsedAt).toBe(usedAt);
  });
});
