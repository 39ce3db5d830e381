import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressLimit, type AddressLimitOptions, type AddressRequest, VERIFY_FIRST } from './address-limit.ts';
import type { Admission } from './admission.ts';
import { describeAddressLimit } from './testing/address-limit-conformance.ts';

const LIMIT = { name: 'address', perSecond: 20, burst: 100, horizonMs: 60_000 };

function setUp(options: Partial<AddressLimitOptions> = {}) {
  const lines: { message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  const clock = createManualClock();
  const log = { warn: (fields: Readonly<Record<string, unknown>>, message: string) => void lines.push({ fields, message }) };
  const random = createSeededRandom(1);
  const limit = new AddressLimit({ clock, random, log, address: LIMIT, addresses: 4096, ...options });
  const ask = (address: string, request: Partial<AddressRequest> = {}) => limit.admit({ address, method: 'GET', target: '/x', ...request });
  const spend = (address: string, requests = LIMIT.burst) => {
    for (let request = 0; request < requests; request += 1) ask(address);
  };
  return { clock, limit, ask, spend, lines };
}

describeAddressLimit('the limit of one process', async (address) => setUp({ address }).limit);

const retryAfter = (admission: Admission) => Number(admission.headers['retry-after']);

describe('the limit of an address', () => {
  it('tells every refused request a moment of its own', () => {
    const { ask, spend } = setUp();
    spend('192.0.2.1');
    const waits = Array.from({ length: 100 }, () => retryAfter(ask('192.0.2.1')));
    const perSecond = [1, 2, 3, 4, 5].map((second) => waits.filter((wait) => wait === second).length);
    expect(perSecond).toEqual([20, 20, 20, 20, 20]);
  });

  it('admits whoever waited exactly Retry-After, alone behind its address, whatever it did before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.nat({ max: 300 }), { minLength: 1, maxLength: 120 }),
        async (perSecond, burst, gapsMs) => {
          const { clock, ask } = setUp({ address: { name: 'address', perSecond, burst, horizonMs: 60_000 } });
          const send = () => ask('192.0.2.1', { credential: 'kupe_key' });
          for (const gapMs of gapsMs) {
            await clock.advance(gapMs);
            const first = send();
            if (first.isAdmitted) continue;
            expect(Number.isInteger(retryAfter(first)) && retryAfter(first) >= 1).toBe(true);
            expect(first.headers.ratelimit).toContain(';r=0;');
            expect(Number(/;t=(\d+)/.exec(first.headers.ratelimit ?? '')?.[1])).toBeLessThanOrEqual(retryAfter(first));
            await clock.advance(retryAfter(first) * 1000);
            expect(send().isAdmitted).toBe(true);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('says that a slot is reserved only where no other limit can take it away', () => {
    const { ask, spend } = setUp();
    spend('192.0.2.1');
    expect(ask('192.0.2.1', { target: '/new' })).toMatchObject({ policy: 'address', isReserved: true });
    spend('2001:db8:1:1::1');
    expect(ask('2001:db8:1:1::1', { target: '/new' })).toMatchObject({ policy: 'address', isReserved: true });
    for (let subnet = 2; subnet <= 9; subnet += 1) spend(`2001:db8:1:${subnet}::1`);
    // The /48 has a tenth left.
    expect(ask('2001:db8:1:1::1', { target: '/newer' })).toMatchObject({ policy: 'address', isReserved: false });
  });
});

describe('a promise behind an address', () => {
  it('is told apart by credential, method, target and mark', async () => {
    const { clock, limit, ask, spend } = setUp();
    for (const credential of ['kupe_a', 'kupe_b']) limit.noteCredential('192.0.2.1', credential, true);
    spend('192.0.2.1');
    const kinds: Partial<AddressRequest>[] = [
      { credential: 'kupe_a', method: 'GET', target: '/one' },
      { credential: 'kupe_b', method: 'GET', target: '/one' },
      { credential: 'kupe_a', method: 'DELETE', target: '/one' },
      { credential: 'kupe_a', method: 'GET', target: '/two' },
      { credential: 'kupe_a', method: 'POST', target: '/one', mark: '1' },
      { credential: 'kupe_a', method: 'POST', target: '/one', mark: '2' },
    ];
    for (const kind of kinds) expect(ask('192.0.2.1', kind)).toMatchObject({ isReserved: true });
    expect(ask('192.0.2.1', { target: '/list', isCommon: true })).toMatchObject({ isReserved: false });
    expect(ask('192.0.2.1', kinds[0])).toMatchObject({ isReserved: false });
    await clock.advance(1000);
    for (const kind of kinds) expect(ask('192.0.2.1', kind).isAdmitted).toBe(true);
  });

  it('is not shared with a forged credential: those together have as many as one that was verified', () => {
    const { limit, ask, spend } = setUp();
    limit.noteCredential('192.0.2.1', 'kupe_good', true);
    spend('192.0.2.1');
    const forged = Array.from({ length: 200 }, (_, at) => ask('192.0.2.1', { credential: `kupe_${at}`, target: `/${at}` }));
    expect(forged.filter((admission) => !admission.isAdmitted && admission.isReserved)).toHaveLength(10);
    expect(ask('192.0.2.1', { credential: 'kupe_good' })).toMatchObject({ isReserved: true, retryAfterSeconds: 1 });
    limit.noteCredential('192.0.2.1', 'kupe_good', false);
    expect(ask('192.0.2.1', { credential: 'kupe_good', target: '/other' })).toMatchObject({ isReserved: false });
  });
});

describe('a credential that is verified because its request would be refused', () => {
  it.each([
    ['an address', () => '192.0.2.1'],
    ['a /48, from whichever of its networks', (guess: number) => `2001:db8:1:${(guess % 50).toString(16)}::1`],
  ])('is one of at most ten times the requests of one address per second, of %s', (_what, addressOf) => {
    const { ask, spend } = setUp();
    for (let at = 0; at < 50; at += 1) spend(addressOf(at));
    const guesses = Array.from({ length: 2000 }, (_, at) => ask(addressOf(at), { credential: `kupe_${at}`, isVerifiable: true }));
    const verified = guesses.filter((admission) => admission === VERIFY_FIRST).length;
    expect(verified).toBeGreaterThan(LIMIT.perSecond * 7);
    expect(verified).toBeLessThanOrEqual(LIMIT.perSecond * 10);
  });
});

describe('operating the limit', () => {
  it('shows what is counted about an address, and forgives it', () => {
    const { limit, ask, spend } = setUp();
    spend('192.0.2.1', 120);
    expect(limit.show('::ffff:192.0.2.1')).toEqual([
      { name: 'address', scope: 'address', quota: 100, windowSeconds: 5, remaining: 0, resetSeconds: 1, isShadow: false },
    ]);
    expect(limit.forgive('192.0.2.1')).toBe(true);
    expect(ask('192.0.2.1').isAdmitted).toBe(true);
    expect(limit.forgive('192.0.2.9')).toBe(false);
  });

  it('writes one line per episode of refusals, and at most ten a second', async () => {
    const { clock, spend, lines } = setUp();
    spend('192.0.2.1', 200);
    expect(lines).toEqual([{ message: 'limit reached', fields: { address: '192.0.2.1', policy: 'address', retryAfterSeconds: 1 } }]);
    for (let host = 0; host < 50; host += 1) spend(`198.51.100.${host}`, 101);
    expect(lines).toHaveLength(10);
    await clock.advance(60_000);
    spend('192.0.2.1', 101);
    expect(lines).toHaveLength(11);
    expect(lines[10]?.fields.unwritten).toBe(41);
  });

  it('counts what it did, by policy, and how full its tables are', () => {
    const { limit, spend } = setUp();
    spend('192.0.2.1', 120);
    // Twelve homes in one /48: none is over its own limit, and after ten the network is over its.
    for (let home = 0; home < 12; home += 1) spend(`2001:db8:0:${home}::1`);
    const { tableLoad, ...counted } = limit.metrics;
    expect(counted).toEqual({
      allowed: 1100,
      denied: { address: 20, network: 200 },
      nearLimit: 380,
      shadowDenied: { address: 0, network: 0 },
      evictions: { address: 0, network: 0 },
      overflows: { address: 0, network: 0 },
    });
    expect(tableLoad.address).toBe(11 / 4096);
    expect(limit.bytes).toBeLessThan(1_000_000);
  });
});
