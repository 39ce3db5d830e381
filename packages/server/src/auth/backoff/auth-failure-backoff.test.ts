import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGuard } from '../../rate-limit/create-guard.ts';
import { backoffMs } from './failure-counters.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const ATTACKER = '192.0.2.66';

function setUp() {
  const clock = createManualClock();
  const guard = createGuard({ clock, random: createSeededRandom(7), limits: { addresses: 65_536 } });
  /** One attempt with a credential that is wrong. Returns the seconds to wait, 0 if it was answered 401. */
  const guess = (credential: string, address = ATTACKER): number =>
    Number(guard.reportAuthentication({ address, credential, isValid: false })?.headers['retry-after'] ?? 0);
  /** Whether a credential that is right is accepted. */
  const succeed = (credential: string, address = ATTACKER): boolean =>
    guard.reportAuthentication({ address, credential, isValid: true }) === undefined;
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

  it('answers at most 116 guesses a day with 401 per address group, each with another key', async () => {
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

  it('refuses no right key, however often others failed before it, and however little is remembered of keys', async () => {
    const { clock, guess, succeed } = setUp();
    for (let at = 0; at < 20; at += 1) await clock.advance(guess(`kupe_${at}_wrong`) * 1000);
    while (guess('kupe_next_wrong') === 0);
    expect(guess('kupe_another_wrong')).toBeGreaterThan(0);
    // One good key seen from more addresses than the memory of good keys has entries.
    for (let at = 0; at < 10_000; at += 1) succeed('kupe_everywhere', `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`);
    for (const key of ['kupe_never_seen', 'a.b.c', 'kupe_everywhere']) expect([key, succeed(key)]).toEqual([key, true]);
    expect(guess('kupe_another_wrong')).toBeGreaterThan(0);
  });

  it('does not let one broken job that repeats its wrong key use up the mistakes of its neighbours', async () => {
    const { clock, guess } = setUp();
    for (let attempt = 0; attempt < 200; attempt += 1) await clock.advance(guess('kupe_0badc0de_expired') * 1000);
    expect(guess('kupe_new_neighbour_wrong')).toBe(0);
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
        const credential = `kupe_${next.toString(16).padStart(8, '0')}_wrong`;
        const refusal = guard.reportAuthentication({ address, credential, isValid: false });
        if (refusal) readyAtMs.set(address, nowMs + Number(refusal.headers['retry-after']) * 1000);
        else looked.set(address, (looked.get(address) ?? 0) + 1);
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
