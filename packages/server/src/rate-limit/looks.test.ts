import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGuard, type GuardLimits } from './create-guard.ts';

const ADDRESS = '192.0.2.1';

function setUp(limits: Partial<GuardLimits> = {}) {
  const clock = createManualClock();
  const guard = createGuard({ clock, random: createSeededRandom(1), limits: { addresses: 4096, ...limits } });
  const look = (address = ADDRESS, credential?: string) =>
    guard.admitLook(credential === undefined ? { address } : { address, credential });
  const left = (address = ADDRESS) => Object.fromEntries(guard.show(address).limits.map(({ name, remaining }) => [name, remaining]));
  return { clock, guard, look, left };
}

const admittedOf = <Admission extends { isAdmitted: boolean }>(admissions: readonly Admission[]) =>
  admissions.filter((admission): admission is Extract<Admission, { isAdmitted: true }> => admission.isAdmitted);

describe('looks at the limits', () => {
  it('cost nothing of the address once they are answered, and are not seen in it before', () => {
    const { guard, look, left } = setUp();
    guard.admit({ address: ADDRESS });
    const looks = admittedOf(Array.from({ length: 50 }, () => look()));
    expect(left()).toMatchObject({ address: 99, looks: 50 });
    for (const { finish } of looks) finish(true);
    expect(left()).toMatchObject({ address: 99, looks: 50 });
  });

  it('are charged when they end in a refusal', () => {
    const { guard, look, left } = setUp();
    for (const { finish } of admittedOf(Array.from({ length: 60 }, () => look()))) finish(false);
    expect(left()).toMatchObject({ address: 40, looks: 40 });
    expect(admittedOf(Array.from({ length: 60 }, () => guard.admit({ address: ADDRESS }))).length).toBe(40);
  });

  it('are no way around the limit for a volley of which none is decided yet, whatever comes between', () => {
    const { guard, look } = setUp();
    const looks = admittedOf(Array.from({ length: 70 }, () => look()));
    const others = admittedOf(Array.from({ length: 500 }, () => guard.admit({ address: ADDRESS })));
    expect([looks.length, others.length]).toEqual([70, 30]);
    expect(look()).toMatchObject({ isAdmitted: false, limit: 'address' });
    for (const { finish } of looks) finish(false);
    expect(guard.admit({ address: ADDRESS }).isAdmitted).toBe(false);
  });

  it('are no way around the limit of a /48 either', () => {
    const { guard, look } = setUp();
    const subnet = (at: number) => `2001:db8:1:${at.toString(16)}::1`;
    const looks = admittedOf(Array.from({ length: 2000 }, (_, at) => look(subnet(at))));
    expect(looks.length).toBe(1000);
    for (const { finish } of looks) finish(false);
    expect(guard.admit({ address: subnet(3000) })).toMatchObject({ isAdmitted: false, policy: 'network' });
    expect(guard.admit({ address: '2001:db8:2::1' }).isAdmitted).toBe(true);
  });

  it('have a limit of their own, with a Retry-After that is true', async () => {
    const { clock, look, guard } = setUp();
    const answered = () => {
      const admission = look();
      if (admission.isAdmitted) admission.finish(true);
      return admission;
    };
    expect(admittedOf(Array.from({ length: 500 }, answered)).length).toBe(100);
    const refused = answered();
    expect(refused).toMatchObject({ isAdmitted: false, limit: 'looks', policy: 'looks' });
    expect(refused.headers.ratelimit).toMatch(/^"looks";r=0;t=\d+$/);
    expect(guard.metrics.denied).toMatchObject({ looks: 401, address: 0 });
    expect(guard.admit({ address: ADDRESS }).isAdmitted).toBe(true);
    await clock.advance(Number(refused.headers['retry-after']) * 1000);
    expect(answered().isAdmitted).toBe(true);
  });

  it('may be made at the usual rate however tight the limit of requests is', () => {
    const { guard, look } = setUp({ address: { name: 'address', perSecond: 1, burst: 2, horizonMs: 60_000 } });
    const answered = () => {
      const admission = look();
      if (admission.isAdmitted) admission.finish(true);
      return admission;
    };
    expect(admittedOf(Array.from({ length: 500 }, answered)).length).toBe(100);
    expect(admittedOf(Array.from({ length: 5 }, () => guard.admit({ address: ADDRESS }))).length).toBe(2);
  });

  it('are forgiven together with everything else', () => {
    const { guard, look, left } = setUp();
    for (const { finish } of admittedOf(Array.from({ length: 100 }, () => look()))) finish(true);
    expect(guard.forgive(ADDRESS)).toBe(true);
    expect(left()).toMatchObject({ address: 100, looks: 100 });
  });
});

/** By how many the admissions in the worst window exceed what the limit allows in it. */
function mostOver({ burst, perSecond }: { burst: number; perSecond: number }, timesMs: readonly number[]): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const [first, fromMs] of timesMs.entries())
    for (const [later, untilMs] of timesMs.slice(first).entries())
      most = Math.max(most, later + 1 - burst - ((untilMs - fromMs) / 1000) * perSecond);
  return most;
}

it('within any time, what is served and not free stays within the limit, and so do the looks', async () => {
  const step = fc.record({
    kind: fc.constantFrom('request', 'look', 'look'),
    gapMs: fc.nat({ max: 20 }),
    takesSteps: fc.nat({ max: 12 }),
    isAnswered: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 300, maxLength: 500 }), async (steps) => {
      const limit = { name: 'address', perSecond: 25, burst: 101, horizonMs: 60_000 };
      const { clock, guard, look } = setUp({ address: limit });
      const running: { endsAt: number; end(): void }[] = [];
      const charged: number[] = [];
      const looked: number[] = [];
      for (const [at, { kind, gapMs, takesSteps, isAnswered }] of steps.entries()) {
        await clock.advance(gapMs);
        for (const { end } of running.filter(({ endsAt }) => endsAt === at)) end();
        const nowMs = clock.monotonic();
        if (kind === 'request') {
          if (guard.admit({ address: ADDRESS, credential: `kupe_${at % 3}` }).isAdmitted) charged.push(nowMs);
          continue;
        }
        const admission = look(ADDRESS, `kupe_${at % 3}`);
        if (!admission.isAdmitted) continue;
        looked.push(nowMs);
        if (!isAnswered) charged.push(nowMs);
        if (takesSteps === 0) admission.finish(isAnswered);
        else running.push({ endsAt: at + takesSteps, end: () => admission.finish(isAnswered) });
      }
      expect(mostOver(limit, charged)).toBeLessThanOrEqual(1e-6);
      expect(mostOver(limit, looked)).toBeLessThanOrEqual(1e-6);
    }),
    { numRuns: 60 },
  );
});
