import { LIMITS, systemClock } from '@openkupe/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasValkey, NEEDS_VALKEY, startValkey, type ValkeyServer } from '../../../../../conformance/valkey-server.ts';
import { describeAddressLimit } from '../testing/address-limit-conformance.ts';
import { alternating, makeReplicas, type Replica, startReplicas, until } from './testing/replicas.ts';

const LIMIT = { name: 'address', perSecond: 100, burst: 200, horizonMs: 60_000 };

let server: ValkeyServer;
let replicas: Replica[] = [];

beforeEach(async () => {
  if (hasValkey) server = await startValkey();
});
afterEach(async () => {
  await Promise.all(replicas.map(({ store }) => store.close()));
  await server?.kill();
});

/** A machine with more to do than it has processors for must not look like a store that fails, where that is not the question. */
const PATIENT = { boundMs: 2_000 };

const start = async (limit = LIMIT, options: { boundMs?: number } = {}) => {
  replicas = await startReplicas(2, server.port, limit, options);
  return replicas as [Replica, Replica];
};

/** Sends new requests one after another to each replica in turn, for a time or until one is refused so often. */
async function flood(forMs: number, address = '192.0.2.1') {
  const beganMs = performance.now();
  const seen = { admitted: 0, refused: 0, longestMs: 0, seconds: 0 };
  const send = async (replica: Replica) => {
    for (let at = 0; performance.now() - beganMs < forMs; at += 1) {
      const sentMs = performance.now();
      const { isAdmitted } = await replica.ask({ address, target: `/${at}` });
      seen[isAdmitted ? 'admitted' : 'refused'] += 1;
      seen.longestMs = Math.max(seen.longestMs, performance.now() - sentMs);
      await systemClock.sleep(1);
    }
  };
  await Promise.all(replicas.map(send));
  seen.seconds = (performance.now() - beganMs) / 1000;
  return seen;
}

async function spend(address = '192.0.2.1', requests = LIMIT.burst) {
  for (let at = 0; at < requests; at += 1) await replicas[at % replicas.length]?.ask({ address, target: `/spend/${at}` });
}

describe.skipIf(!hasValkey)(`the address limit ${NEEDS_VALKEY}`, () =>
  describeAddressLimit('shared by two processes that take requests in turn', async (limit) => {
    return alternating(await start(limit, PATIENT));
  }),
);

describe.skipIf(!hasValkey)(`two processes that share a limit ${NEEDS_VALKEY}`, () => {
  it('admit together what one would: the burst, then the rate', async () => {
    await start(LIMIT, PATIENT);
    const { admitted, seconds } = await flood(2_500);
    // Half a second of the rate may be promised to requests that never return.
    expect(admitted).toBeGreaterThan(LIMIT.burst + LIMIT.perSecond * (seconds - 0.7));
    expect(admitted).toBeLessThanOrEqual(LIMIT.burst + LIMIT.perSecond * seconds + 1);
  });

  it('keep a promise of one in the other, and give its slot to no new request of either', async () => {
    const [one, other] = await start({ ...LIMIT, perSecond: 20, burst: 30 }, PATIENT);
    await spend('192.0.2.1', 100);
    one.limit.noteCredential('192.0.2.1', 'kupe_me', true);
    const promised = await one.ask({ credential: 'kupe_me', target: '/mine' });
    expect(promised).toMatchObject({ isAdmitted: false, retryAfterSeconds: 1, isReserved: true });
    // Early: the rest of the same wait, and no second slot.
    expect(await other.ask({ credential: 'kupe_me', target: '/mine' })).toMatchObject({ isAdmitted: false, isReserved: false });
    await flood(1_000);
    expect(await other.ask({ credential: 'kupe_me', target: '/mine' })).toMatchObject({ isAdmitted: true });
  });

  it('answer a flow that has all its promises without asking the store again', async () => {
    const [one] = await start(LIMIT, PATIENT);
    await spend('192.0.2.1', LIMIT.burst + 80);
    const { asked } = one.store.counters;
    const refused = await Promise.all(Array.from({ length: 200 }, (_, at) => one.ask({ target: `/more/${at}` })));
    expect(refused.every(({ isAdmitted }) => !isAdmitted)).toBe(true);
    expect(one.store.counters.asked - asked).toBeLessThan(60);
    // Each has a moment of its own.
    expect(new Set(refused.map(({ headers }) => headers['retry-after'])).size).toBeGreaterThan(1);
  });
});

describe.skipIf(!hasValkey)(`when the store fails ${NEEDS_VALKEY}`, () => {
  const share = LIMIT.perSecond / 2;

  it.each([
    ['is killed', () => server.kill(), () => server.start()],
    ['is stopped, or cut off', async () => server.pause(), async () => server.resume()],
  ])('because it %s: each process enforces its share and says so, waits for nothing, and comes back', async (_how, fail, mend) => {
    const [one, other] = await start();
    await until(() => one.store.processes === 2);
    await spend();
    await fail();
    const { admitted, longestMs, seconds } = await flood(2_000);
    // What was spent was spent of both shares: nobody gets a second burst.
    expect(admitted).toBeGreaterThan(2 * share * (seconds - 1.2));
    expect(admitted).toBeLessThanOrEqual(2 * share * (seconds + 1));
    expect(longestMs).toBeLessThan(LIMITS.sharedLimitMs + 300);
    expect([one, other].map(({ store }) => store.isAvailable)).toEqual([false, false]);
    await spend('192.0.2.1', 20);
    const refused = await one.ask({ target: '/refused' });
    expect(refused).toMatchObject({ isAdmitted: false, isReserved: false, headers: { 'ratelimit-policy': '"address";q=100;w=2' } });
    await mend();
    const tookMs = await until(() => one.store.isAvailable && other.store.isAvailable);
    expect(tookMs).toBeLessThan(4_000);
    expect((await one.ask({ target: '/refused/too' })).headers['ratelimit-policy'] ?? '"address";q=200;w=2').toBe('"address";q=200;w=2');
  });

  it.each([
    ['is full', 'CONFIG SET maxmemory 1', 'CONFIG SET maxmemory 0'],
    ['became a replica, which is read-only', 'REPLICAOF 127.0.0.1 1', 'REPLICAOF NO ONE'],
    ['has forgotten the script', 'SCRIPT FLUSH', 'PING'],
  ])('because it %s: the shares are enforced, and nothing is let through or shut out', async (_how, fail, mend) => {
    const [one, other] = await start(LIMIT, PATIENT);
    await until(() => one.store.processes === 2);
    await spend();
    await server.send(fail);
    const { admitted, seconds } = await flood(1_500);
    expect(admitted).toBeGreaterThan(2 * share * (seconds - 1.2));
    expect(admitted).toBeLessThanOrEqual(2 * share * (seconds + 1));
    await server.send(mend);
    expect(await until(() => one.store.isAvailable && other.store.isAvailable)).toBeLessThan(4_000);
  });

  it('because it is half-open: the end of the process does not wait for what it would have done then', async () => {
    replicas = makeReplicas(1, server.port, LIMIT);
    server.pause();
    const started = replicas[0]?.store.start();
    const closed = replicas[0]?.store.close();
    server.resume();
    await Promise.all([started, closed]);
    expect(replicas[0]?.store.isAvailable).toBe(false);
  });

  it('because it was emptied: no address gets a second burst, and none is shut out', async () => {
    const [one] = await start();
    await until(() => one.store.processes === 2);
    await spend();
    await server.send('FLUSHALL');
    const { admitted, seconds } = await flood(1_500);
    expect(admitted).toBeGreaterThan(LIMIT.perSecond * (seconds - 1));
    expect(admitted).toBeLessThanOrEqual(LIMIT.perSecond * (seconds + 1));
    expect(one.store.isAvailable).toBe(true);
  });

  it('because it is not there at the start: each process enforces the share that is set', async () => {
    await server.kill();
    replicas = await startReplicas(1, server.port, LIMIT, { processes: 4 });
    await spend('192.0.2.1', 20);
    expect(await replicas[0]?.limit.show('192.0.2.1')).toMatchObject([{ quota: LIMIT.burst / 4 }]);
    await server.start();
    expect(await until(() => replicas[0]?.store.isAvailable ?? false)).toBeLessThan(4_000);
    expect(await replicas[0]?.limit.show('192.0.2.1')).toMatchObject([{ quota: LIMIT.burst }]);
  });
});
