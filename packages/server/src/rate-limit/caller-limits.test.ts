import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { type Caller, CallerLimits, type CallerPolicies, requestCost } from './caller-limits.ts';

const key = { name: 'key', perSecond: 5, burst: 10, horizonMs: 60_000 };
const tenant = { name: 'tenant', perSecond: 10, burst: 30, horizonMs: 60_000 };
const ME = { tenant: 'acme', key: 'ak-1' };

const admit = (limits: CallerLimits, caller: Caller, cost: number) => limits.admit(caller, { cost, name: `costs ${cost}` });

function setUp(policies: CallerPolicies) {
  const clock = createManualClock();
  return { clock, limits: new CallerLimits({ clock, random: createSeededRandom(1), policies, callers: 65_536 }) };
}

describe('limits of a known caller', () => {
  it('weigh a write more than a list and a list more than a read', () => {
    expect([
      requestCost({ method: 'GET', isList: false }),
      requestCost({ method: 'GET', isList: true }),
      requestCost({ method: 'PATCH', isList: false }),
    ]).toEqual([1, 2, 5]);
    const { limits } = setUp({ key });
    expect(admit(limits, ME, 2).isAdmitted).toBe(true);
    expect([1, 2].map(() => admit(limits, ME, 5))).toMatchObject([
      { isAdmitted: true },
      // Three are left, and none for a request that costs five.
      { isAdmitted: false, headers: { ratelimit: '"key";r=0;t=1' } },
    ]);
  });

  it('charge all policies or none', () => {
    const { limits } = setUp({ key, tenant });
    for (let request = 0; request < 50; request += 1) admit(limits, ME, 1);
    // Forty refusals by the key's limit took nothing from the tenant's.
    expect(limits.show(ME).map(({ name, remaining }) => [name, remaining])).toEqual([
      ['key', 0],
      ['tenant', 20],
    ]);
    const refused = admit(limits, ME, 1);
    expect(refused).toMatchObject({ isAdmitted: false, policy: 'key' });
    expect(refused.headers).toEqual({
      ratelimit: '"key";r=0;t=1',
      'ratelimit-policy': '"key";q=10;w=2',
      'retry-after': expect.any(String),
    });
    expect(admit(limits, { ...ME, key: 'ak-2' }, 1).isAdmitted).toBe(true);
    expect(admit(limits, { tenant: 'other', key: 'ak-1' }, 1).isAdmitted).toBe(true);
  });

  it('remember a tenant that may make no write yet, when others take all the room there is', async () => {
    const clock = createManualClock();
    const small = { name: 'tenant', perSecond: 1, burst: 5, horizonMs: 60_000 };
    const limits = new CallerLimits({ clock, random: createSeededRandom(1), policies: { tenant: small }, callers: 8 });
    expect(admit(limits, ME, 5).isAdmitted).toBe(true);
    await clock.advance(4500);
    for (let other = 0; other < 20; other += 1) admit(limits, { ...ME, tenant: `other-${other}` }, other < 7 ? 5 : 1);
    expect(admit(limits, ME, 5).isAdmitted).toBe(false);
    await clock.advance(1000);
    expect(admit(limits, ME, 5).isAdmitted).toBe(true);
  });

  it('admit whoever waits as told', async () => {
    const { clock, limits } = setUp({ key, tenant });
    for (let round = 0; round < 50; round += 1) {
      const first = admit(limits, ME, 5);
      if (first.isAdmitted) continue;
      await clock.advance(Number(first.headers['retry-after']) * 1000);
      expect(admit(limits, ME, 5).isAdmitted).toBe(true);
    }
  });

  it.each([
    ['of another key of the tenant', { tenant }, 'ak-reader'],
    ['of the same key', { tenant, key: { ...key, burst: 20 } }, 'ak-1'],
    ['where a write takes the whole bucket', { tenant: { ...tenant, perSecond: 1, burst: 5 } }, 'ak-reader'],
  ])('do not let reads without end starve the writes %s', async (_name, policies, reader) => {
    const { clock, limits } = setUp(policies);
    const perSecond = policies.tenant.perSecond;
    let [asked, served, reads, returnsAtMs] = [0, 0, 0, 1000];
    for (let now = 0; now < 300_000; now += 50) {
      if (admit(limits, { tenant: 'acme', key: reader }, 1).isAdmitted) reads += 1;
      if (now >= returnsAtMs) {
        const admission = admit(limits, ME, 5);
        asked += 1;
        if (admission.isAdmitted) served += 1;
        returnsAtMs = now + (admission.isAdmitted ? (20 / perSecond) * 1000 : Number(admission.headers['retry-after']) * 1000);
      }
      await clock.advance(50);
    }
    // A quarter of the tenant's quota is wanted for writes; what they leave is not wasted.
    expect(served * 5).toBeGreaterThan(300 * perSecond * 0.14);
    expect(served / asked).toBeGreaterThan(0.3);
    expect(reads + served * 5).toBeGreaterThan(300 * Math.min(perSecond, 'key' in policies ? 5 : perSecond) * 0.85);
  });

  it('show without costing anything', () => {
    const { limits } = setUp({ key });
    for (let look = 0; look < 100; look += 1) limits.show(ME);
    expect(limits.show(ME)).toEqual([
      { name: 'key', scope: 'key', quota: 10, windowSeconds: 2, remaining: 10, resetSeconds: 0, isShadow: false },
    ]);
  });

  it('cap what one tenant runs at the same time, and give the place back once', async () => {
    const { clock, limits } = setUp({ tenantInFlight: { name: 'tenant-in-flight', most: 2 } });
    const first = admit(limits, ME, 1);
    admit(limits, ME, 1);
    const refused = admit(limits, ME, 1);
    expect(refused).toMatchObject({ isAdmitted: false, policy: 'tenant-in-flight' });
    expect(refused.headers).toEqual({
      ratelimit: '"tenant-in-flight";r=0;t=1',
      'ratelimit-policy': '"tenant-in-flight";q=2;qu="concurrent-requests"',
      'retry-after': '1',
    });
    expect(admit(limits, { tenant: 'other', key: 'ak-9' }, 1).isAdmitted).toBe(true);
    await clock.advance(400);
    if (first.isAdmitted) {
      first.end();
      first.end();
    }
    expect(admit(limits, ME, 1).isAdmitted).toBe(true);
    expect(admit(limits, ME, 1).isAdmitted).toBe(false);
  });

  it('only watch in shadow mode', () => {
    const { limits } = setUp({ key: { ...key, isShadow: true }, tenantInFlight: { name: 'cap', most: 1, isShadow: true } });
    for (let request = 0; request < 20; request += 1) expect(admit(limits, ME, 1)).toMatchObject({ isAdmitted: true, headers: {} });
    expect(limits.counters).toEqual({
      denied: { key: 0, tenant: 0, concurrency: 0 },
      shadowDenied: { key: 10, tenant: 0, concurrency: 19 },
    });
  });
});
