import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { createGuard, guardLimits } from './create-guard.ts';
import { runStorm, type Storm } from './testing/storm.ts';

interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Seeds whose worst outcome counts. */
const SEEDS = [1, 2, 3, 4, 5];
const LIMITS: readonly (Rate & { readonly calls: number })[] = [
  { perSecond: 10, burst: 10, calls: 300 },
  { perSecond: 20, burst: 100, calls: 700 },
  { perSecond: 1, burst: 5, calls: 45 },
  { perSecond: 7, burst: 14, calls: 200 },
];

function stormOnGuard(rate: Rate, storm: Storm, seed: number) {
  let nowMs = 0;
  const random = createSeededRandom(seed);
  const address = { name: 'address', horizonMs: 60_000, ...rate };
  const guard = createGuard({ clock: { monotonic: () => nowMs }, random, limits: { ...guardLimits({ address }), addresses: 4096 } });
  const outcome = runStorm(storm, random, (_caller, atMs) => {
    nowMs = atMs;
    const admission = guard.admit({ address: '192.0.2.1' });
    return admission.isAdmitted ? 0 : Number(admission.headers['retry-after']);
  });
  // Waits are whole seconds, so the last caller cannot be served before the second in which the last quota comes back.
  return { ...outcome, lateSeconds: outcome.seconds - Math.ceil((storm.calls - rate.burst) / rate.perSecond) };
}

function worst(rate: Rate, storm: Storm) {
  const outcomes = SEEDS.map((seed) => stormOnGuard(rate, storm, seed));
  return {
    served: Math.min(...outcomes.map(({ served }) => served)),
    truth: Math.min(...outcomes.map(({ truth }) => truth)),
    lateSeconds: Math.max(...outcomes.map(({ lateSeconds }) => lateSeconds)),
  };
}

describe.each(LIMITS)('a storm of $calls callers on $perSecond a second after a burst of $burst', ({ calls, ...rate }) => {
  it('that arrive within a tenth of a second: all served, promises kept, no second lost', () => {
    const { served, truth, lateSeconds } = worst(rate, { calls, spreadMs: 100, lateMs: 20, attempts: 5 });
    expect(served).toBe(calls);
    expect(truth).toBeGreaterThanOrEqual(0.99);
    expect(lateSeconds).toBeLessThan(0.2);
  });

  it('that come back up to a tenth of a second late: the same', () => {
    const { served, truth, lateSeconds } = worst(rate, { calls, spreadMs: 50, lateMs: 100, attempts: 5 });
    expect(served).toBe(calls);
    expect(truth).toBeGreaterThanOrEqual(0.99);
    expect(lateSeconds).toBeLessThan(0.2);
  });

  it('in a network that stalls in every fifth second: nobody lost, and at most a second later', () => {
    const { served, truth, lateSeconds } = worst(rate, {
      calls,
      spreadMs: 100,
      lateMs: 20,
      stalls: { share: 0.2, lateMs: 100 },
      attempts: 5,
    });
    expect(served).toBe(calls);
    expect(truth).toBeGreaterThanOrEqual(0.97);
    expect(lateSeconds).toBeLessThan(1.3);
  });
});
