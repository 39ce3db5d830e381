import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGuard } from './create-guard.ts';
import { backoffMs } from './failure-counters.ts';
import type { AuthenticationStart, Guard } from './guard.ts';

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

/** Begins many at once; those that are verified, and the turns of those in line. */
function volley(
  guard: Pick<Guard, 'beginAuthentication'>,
  request: (at: number) => { address: string; credential: string },
  times: number,
) {
  const starts = Array.from({ length: times }, (_, at) => guard.beginAuthentication(request(at)));
  return {
    verified: starts.flatMap((start) => (start.outcome === 'verify' ? [start] : [])),
    turns: starts.flatMap((start) => (start.outcome === 'queued' ? [start.turn] : [])),
  };
}

const turnOf = async (start: AuthenticationStart) => (start.outcome === 'queued' ? start.turn : start);

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

  it('gives a volley nothing: as many run side by side as may still fail, and the rest are refused once those have failed', async () => {
    const { guard } = setUp();
    const { verified, turns } = volley(
      guard,
      (at) => ({ address: ATTACKER, credential: `kupe_${at.toString(16).padStart(8, '0')}_wrong` }),
      90,
    );
    expect([verified.length, turns.length]).toEqual([10, 80]);
    for (const { finish } of verified) finish(false);
    const [eleventh, ...others] = turns;
    const next = await eleventh;
    expect(next?.outcome).toBe('verify');
    if (next?.outcome === 'verify') next.finish(false);
    expect(new Set((await Promise.all(others)).map(({ outcome }) => outcome))).toEqual(new Set(['refused']));
  });

  it('gives it nothing either when it comes from many /64 of one /48', () => {
    const { guard } = setUp();
    const from = (at: number) => ({ address: `2001:db8:1:${(at >> 3).toString(16)}::1`, credential: `kupe_${at}_wrong` });
    expect(volley(guard, from, 1000).verified).toHaveLength(100);
  });

  it('gives it nothing by being slow: a verification counts until it ends', async () => {
    const { clock, guard } = setUp();
    for (let second = 0; second < 50; second += 1) {
      const { verified } = volley(guard, (at) => ({ address: ATTACKER, credential: `a.b.${second}-${at}` }), 30);
      expect(verified).toHaveLength(second === 0 ? 10 : 0);
      await clock.advance(1000);
    }
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

  it('forgives one failure per hour, and locks nobody for good', async () => {
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
    expect(guard.beginAuthentication({ address: ATTACKER, credential: 'kupe_ok' }).outcome).toBe('queued');
    await clock.advance(60_001);
    expect(guard.beginAuthentication({ address: '192.0.2.67', credential: 'kupe_ok' }).outcome).toBe('verify');
    expect((await turnOf(guard.beginAuthentication({ address: ATTACKER, credential: 'kupe_other' }))).outcome).toBe('verify');
  });

  it('serves a key that worked from there once, however rarely it is used, behind a guesser who never stops', async () => {
    const { clock, guess, succeed } = setUp();
    expect(succeed('kupe_every_two_hours') && succeed('kupe_every_week')).toBe(true);
    let next = 0;
    const guessFor = async (ms: number) => {
      for (let left = ms; left > 0; left -= 60_000) {
        while (guess(`kupe_${next}_wrong`) === 0) next += 1;
        await clock.advance(60_000);
      }
    };
    for (let day = 0; day < 7; day += 1) {
      for (let hour = 0; hour < 24; hour += 2) {
        await guessFor(2 * 60 * 60 * 1000);
        expect(succeed('kupe_every_two_hours')).toBe(true);
      }
    }
    expect(succeed('kupe_every_week')).toBe(true);
    expect(next).toBeLessThanOrEqual(7 * 116);
  });

  it('knows a key that was revoked no longer than until it fails', async () => {
    const { clock, guess, guard, succeed } = setUp();
    succeed('kupe_revoked');
    for (let at = 0; at < 14; at += 1) await clock.advance(guess(`kupe_${at}_wrong`) * 1000);
    while (guess('kupe_next_wrong') === 0);
    const start = guard.beginAuthentication({ address: ATTACKER, credential: 'kupe_revoked' });
    if (start.outcome === 'verify') start.finish(false);
    expect(start.outcome).toBe('verify');
    expect(guard.admit({ address: ATTACKER, credential: 'kupe_revoked' }).isAdmitted).toBe(false);
  });

  it('is forgiven whole: the group, its network and every key in it', async () => {
    const { clock, guard, guess } = setUp();
    for (const address of [ATTACKER, '2001:db8::1']) {
      for (let failures = 0; failures < 9; ) {
        const seconds = guess(`kupe_0badc0de_${failures}`, address);
        if (seconds === 0) failures += 1;
        await clock.advance(seconds * 1000);
      }
      expect(guess('kupe_0badc0de_right', address)).toBeGreaterThan(0);
      expect(guard.forgive(address)).toBe(true);
      expect(guess('kupe_0badc0de_right', address)).toBe(0);
    }
    expect(guard.forgive('192.0.2.99')).toBe(false);
  });

  it('keeps to 116 a day for every group when more groups guess than can be remembered', () => {
    let nowMs = 0;
    // One set of eight places for forty groups.
    const guard = createGuard({ clock: { monotonic: () => nowMs }, random: createSeededRandom(1), limits: { addresses: 256 } });
    const looked = new Map<string, number>();
    const readyAtMs = new Map(Array.from({ length: 40 }, (_, at) => [`198.51.100.${at}`, 0]));
    for (let next = 0; nowMs < DAY_MS; nowMs += 1000) {
      for (const [address, atMs] of readyAtMs) {
        if (atMs > nowMs) continue;
        next += 1;
        const request = { address, credential: `kupe_${next.toString(16).padStart(8, '0')}_wrong` };
        const admission = guard.admit(request);
        const start = admission.isAdmitted ? guard.beginAuthentication(request) : { outcome: 'refused' as const, refusal: admission };
        if (start.outcome === 'refused') readyAtMs.set(address, nowMs + Number(start.refusal.headers['retry-after']) * 1000);
        if (start.outcome !== 'verify') continue;
        looked.set(address, (looked.get(address) ?? 0) + 1);
        start.finish(false);
      }
    }
    expect(Math.max(...looked.values())).toBeLessThanOrEqual(116);
    // Neither open nor closed: together they may guess as often as eight.
    const all = [...looked.values()].reduce((sum, times) => sum + times, 0);
    expect(all).toBeGreaterThan(8 * 90);
    expect(all).toBeLessThanOrEqual(8 * 116);
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
