import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGuard } from './create-guard.ts';
import { backoffMs } from './failure-counters.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const ATTACKER = '192.0.2.66';

function setUp() {
  const clock = createManualClock();
  const guard = createGuard({ clock, random: createSeededRandom(7), limits: { addresses: 65_536 } });
  /** One attempt with a credential that is wrong. Returns the seconds to wait, 0 if it was looked at. */
  const guess = (credential: string, address = ATTACKER): number => {
    const admission = guard.admit({ address, credential });
    if (!admission.isAdmitted) return Number(admission.headers['retry-after']);
    const start = guard.beginAuthentication({ address, credential });
    if (start.outcome === 'refused') return Number(start.refusal.headers['retry-after']);
    if (start.outcome === 'verify') start.finish(false);
    return 0;
  };
  const succeed = (credential: string, address = ATTACKER): boolean => {
    if (!guard.admit({ address, credential }).isAdmitted) return false;
    const start = guard.beginAuthentication({ address, credential });
    if (start.outcome !== 'verify') return false;
    start.finish(true);
    return true;
  };
  return { clock, guard, guess, succeed };
}

describe('backoff after authentication failures', () => {
  it('makes repeated failures of one key progressively worse: 1, 2, 4, … 60 seconds', async () => {
    const { clock, guess } = setUp();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 12; attempt += 1) {
      if (guess('kupe_00000000_wrong') === 0 && guess('kupe_00000000_wrong') === 0) continue;
      const seconds = guess('kupe_00000000_wrong');
      waits.push(seconds);
      await clock.advance(seconds * 1000);
    }
    expect(waits.slice(0, 4).map((seconds, doublings) => seconds / 2 ** doublings >= 1 && seconds / 2 ** doublings <= 2)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(Math.max(...waits)).toBe(60);
  });

  it('lets at most 116 guesses a day through per address group, each with another key', async () => {
    const { clock, guess } = setUp();
    let looked = 0;
    for (let now = 0; now < DAY_MS; ) {
      const seconds = guess(`kupe_${looked.toString(16).padStart(8, '0')}_wrong`);
      if (seconds === 0) looked += 1;
      now += seconds * 1000;
      await clock.advance(seconds * 1000);
    }
    expect(looked).toBeLessThanOrEqual(116);
    expect(looked).toBeGreaterThan(100);
  });

  it('gives a volley nothing: as many run side by side as may still fail', () => {
    const { guard } = setUp();
    const starts = Array.from({ length: 90 }, (_, at) => {
      const credential = `kupe_${at.toString(16).padStart(8, '0')}_wrong`;
      return guard.admit({ address: ATTACKER, credential }).isAdmitted
        ? guard.beginAuthentication({ address: ATTACKER, credential })
        : undefined;
    });
    const verified = starts.filter((start) => start?.outcome === 'verify');
    expect(verified).toHaveLength(10);
    for (const start of verified) if (start?.outcome === 'verify') start.finish(false);
    const next = guard.beginAuthentication({ address: ATTACKER, credential: 'eleventh' });
    expect(next.outcome).toBe('verify');
    expect(guard.beginAuthentication({ address: ATTACKER, credential: 'twelfth' }).outcome).toBe('refused');
  });

  it('lets a key that worked from there pass, and refuses its unproven neighbours', async () => {
    const { clock, guess, succeed } = setUp();
    expect(succeed('kupe_good')).toBe(true);
    for (let at = 0; at < 20; at += 1) await clock.advance(guess(`kupe_${at}_wrong`) * 1000);
    guess('another');
    expect(guess('yet another')).toBeGreaterThan(0);
    for (let request = 0; request < 50; request += 1) expect(succeed('kupe_good')).toBe(true);
  });

  it('does not let one broken job that repeats its wrong key shut out a neighbour that never came before', async () => {
    const { clock, guess, succeed } = setUp();
    for (let attempt = 0; attempt < 200; attempt += 1) await clock.advance(guess('kupe_0badc0de_expired') * 1000);
    expect(succeed('kupe_new_neighbour')).toBe(true);
  });

  it('does not count what is refused: hammering a wait does not lengthen it', async () => {
    const { clock, guess } = setUp();
    for (let at = 0; at < 11; at += 1) guess(`kupe_${at}_wrong`);
    const seconds = guess('next');
    for (let request = 0; request < 1000; request += 1) guess(`hammer-${request}`);
    await clock.advance(seconds * 1000);
    expect(guess('next')).toBe(0);
  });

  it('does not let a success wipe out what the address did with other keys', () => {
    const { guess, succeed } = setUp();
    let looked = 0;
    for (let at = 0; at < 30; at += 1) {
      if (guess(`kupe_${at}_wrong`) === 0) looked += 1;
      succeed('kupe_mine');
    }
    expect(looked).toBe(11);
  });

  it('forgives one failure per idle hour, and locks nobody for good', async () => {
    const { clock, guess } = setUp();
    for (let at = 0; at < 15; at += 1) await clock.advance(guess(`kupe_${at}_wrong`) * 1000);
    await clock.advance(16 * 60 * 60 * 1000);
    let looked = 0;
    for (let at = 100; guess(`kupe_${at}_wrong`) === 0; at += 1) looked += 1;
    expect(looked).toBeGreaterThanOrEqual(11);
  });

  it('counts an IPv6 /48 as a whole, more loosely', () => {
    const { guess } = setUp();
    let looked = 0;
    for (let at = 0; at < 300; at += 1) if (guess(`kupe_${at}_wrong`, `2001:db8:1:${at.toString(16)}::1`) === 0) looked += 1;
    expect(looked).toBe(101);
    expect(guess('kupe_x_wrong', '2001:db8:2::1')).toBe(0);
  });

  it('answers the same whether it was looked at or remembered, and looks again after a minute', async () => {
    const { clock, guard } = setUp();
    const first = guard.beginAuthentication({ address: ATTACKER, credential: 'kupe_1_wrong' });
    if (first.outcome === 'verify') first.finish(false);
    expect(guard.beginAuthentication({ address: ATTACKER, credential: 'kupe_1_wrong' }).outcome).toBe('known-invalid');
    await clock.advance(60_001);
    expect(guard.beginAuthentication({ address: ATTACKER, credential: 'kupe_1_wrong' }).outcome).toBe('verify');
  });

  it('does not hold a verification that never ended against anybody for long', async () => {
    const { clock, guard } = setUp();
    for (let at = 0; at < 10; at += 1) guard.beginAuthentication({ address: ATTACKER, credential: `lost-${at}` });
    expect(guard.beginAuthentication({ address: ATTACKER, credential: 'kupe_ok' }).outcome).toBe('refused');
    await clock.advance(10_001);
    expect(guard.beginAuthentication({ address: ATTACKER, credential: 'kupe_ok' }).outcome).toBe('verify');
  });

  it('saturates: the wait never shrinks, never passes its cap, never overflows', () => {
    const rule = { freeFailures: 10, longestWaitMs: 900_000 };
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 31 - 1 }), (failures) => {
        expect(backoffMs(rule, failures)).toBeLessThanOrEqual(rule.longestWaitMs);
        expect(backoffMs(rule, failures + 1)).toBeGreaterThanOrEqual(backoffMs(rule, failures));
      }),
    );
  });
});
