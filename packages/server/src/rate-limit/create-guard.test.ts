import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGuard, type GuardLimits } from './create-guard.ts';
import type { Admission } from './guard.ts';

const SMALL = { addresses: 4096 } satisfies Partial<GuardLimits>;

function setUp(limits: Partial<GuardLimits> = {}) {
  const clock = createManualClock();
  const guard = createGuard({ clock, random: createSeededRandom(1), limits: { ...SMALL, ...limits } });
  const ask = (address: string, credential?: string) => guard.admit(credential === undefined ? { address } : { address, credential });
  return { clock, guard, ask };
}

const retryAfter = (admission: Admission) => Number(admission.headers['retry-after']);

describe('the guard', () => {
  it('admits the burst, then refuses with Retry-After', () => {
    const { ask } = setUp();
    for (let request = 0; request < 100; request += 1) expect(ask('192.0.2.1').isAdmitted).toBe(true);
    const refused = ask('192.0.2.1');
    expect(refused).toMatchObject({ isAdmitted: false, limit: 'address', policy: 'address' });
    expect(refused.headers).toEqual({ 'retry-after': '1', ratelimit: '"address";r=0;t=1', 'ratelimit-policy': '"address";q=100;w=5' });
    expect(ask('192.0.2.2').isAdmitted).toBe(true);
  });

  it('says nothing far from the limit, and tells the state near it', () => {
    const { ask } = setUp();
    expect(ask('192.0.2.1').headers).toEqual({});
    for (let request = 1; request < 80; request += 1) ask('192.0.2.1');
    expect(ask('192.0.2.1').headers).toEqual({ ratelimit: '"address";r=19;t=1', 'ratelimit-policy': '"address";q=100;w=5' });
  });

  it('hands every refused request its own slot', () => {
    const { ask } = setUp();
    for (let request = 0; request < 100; request += 1) ask('192.0.2.1');
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
          for (const gapMs of gapsMs) {
            await clock.advance(gapMs);
            const first = ask('192.0.2.1', 'kupe_key');
            if (first.isAdmitted) continue;
            expect(Number.isInteger(retryAfter(first)) && retryAfter(first) >= 1).toBe(true);
            expect(first.headers.ratelimit).toContain(';r=0;');
            expect(Number(/;t=(\d+)/.exec(first.headers.ratelimit ?? '')?.[1])).toBeLessThanOrEqual(retryAfter(first));
            await clock.advance(retryAfter(first) * 1000);
            expect(ask('192.0.2.1', 'kupe_key').isAdmitted).toBe(true);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('counts one /64 as one client, and a /48 more loosely', () => {
    const { ask } = setUp();
    for (let request = 0; request < 100; request += 1) expect(ask(`2001:db8:1:1::${request.toString(16)}`).isAdmitted).toBe(true);
    expect(ask('2001:db8:1:1::ffff').isAdmitted).toBe(false);
    let admitted = 100;
    for (let subnet = 2; subnet < 2000; subnet += 1) if (ask(`2001:db8:1:${subnet.toString(16)}::1`).isAdmitted) admitted += 1;
    expect(admitted).toBe(1000);
    expect(ask('2001:db8:1:ffff::1')).toMatchObject({ isAdmitted: false, policy: 'network' });
    expect(ask('2001:db8:2::1').isAdmitted).toBe(true);
  });

  it('folds an IPv4 address however it is spelled', () => {
    const { ask } = setUp();
    for (let request = 0; request < 100; request += 1) ask(request % 2 ? '192.0.2.1' : '::ffff:c000:201');
    expect(ask('::ffff:192.0.2.1').isAdmitted).toBe(false);
  });

  it('says which refusals have a slot of their own: not those of two limits at once, nor those for failures', () => {
    const { guard, ask } = setUp();
    for (let request = 0; request < 100; request += 1) ask('192.0.2.1');
    expect(ask('192.0.2.1')).toMatchObject({ isAdmitted: false, policy: 'address', isReserved: true });

    for (let subnet = 1; subnet <= 1000; subnet += 1) ask(`2001:db8:1:${subnet.toString(16)}::1`);
    expect(ask('2001:db8:1:ffff::1')).toMatchObject({ isAdmitted: false, policy: 'network', isReserved: true });
    const { ask: askTight } = setUp({ network: { name: 'network', perSecond: 20, burst: 100, horizonMs: 60_000 } });
    for (let request = 0; request < 100; request += 1) askTight('2001:db8:1:1::1');
    expect(askTight('2001:db8:1:1::1')).toMatchObject({ isAdmitted: false, limit: 'address', isReserved: false });

    const fail = () => guard.reportAuthentication({ address: '192.0.2.9', credential: 'wrong', isValid: false });
    for (let failure = 0; failure < 4; failure += 1) fail();
    expect(fail()).toMatchObject({ limit: 'authentication', isReserved: false });
  });

  it('charges the rate limit for a wrong credential like for any other request, since it was verified', () => {
    const { guard, ask } = setUp();
    const fail = () => guard.reportAuthentication({ address: '192.0.2.1', credential: 'wrong', isValid: false });
    for (let request = 0; request < 100; request += 1) {
      expect(ask('192.0.2.1', 'wrong').isAdmitted).toBe(true);
      expect(fail() === undefined).toBe(request < 4);
    }
    expect(ask('192.0.2.1', 'wrong')).toMatchObject({ isAdmitted: false, limit: 'address' });
  });
});
