import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AUTH_BACKOFF, AuthBackoff, backoffMs } from './auth-backoff.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const ATTACKER = '192.0.2.66';
/** What one address can be answered with 401 in a day: what is free, while the wait doubles, and at the ceiling. */
const GUESSES_A_DAY = AUTH_BACKOFF.freeFailures + 11 + DAY_MS / AUTH_BACKOFF.longestWaitMs;

function setUp(entries = 4096) {
  const clock = createManualClock();
  const backoff = new AuthBackoff({ clock, random: createSeededRandom(7), entries });
  /** One wrong credential. Returns the seconds to wait, 0 if it is answered 401. */
  const guess = (address = ATTACKER): number => backoff.fail(address)?.retryAfterSeconds ?? 0;
  return { clock, backoff, guess };
}

describe('backoff after authentication failures', () => {
  it('answers the first few with 401, then 1, 2, 4, … seconds up to a quarter of an hour', async () => {
    const { clock, guess } = setUp();
    const waits: number[] = [];
    let answered = 0;
    while (waits.length < 14) {
      const seconds = guess();
      if (seconds === 0) answered += 1;
      else waits.push(seconds);
      await clock.advance(seconds * 1000);
    }
    // Each wait is followed by one more that is answered.
    expect(answered).toBe(AUTH_BACKOFF.freeFailures + 14);
    for (const [doublings, seconds] of waits.entries()) {
      expect(seconds).toBeGreaterThanOrEqual(Math.min(900, 2 ** doublings));
      expect(seconds).toBeLessThanOrEqual(Math.min(900, Math.ceil(2 ** doublings * 1.1)));
    }
  });

  it('answers few guesses a day with 401 per address group', async () => {
    const { clock, guess } = setUp();
    let answered = 0;
    for (let nowMs = 0; nowMs < DAY_MS; ) {
      const seconds = guess();
      if (seconds === 0) answered += 1;
      nowMs += seconds * 1000;
      await clock.advance(seconds * 1000);
    }
    expect(answered).toBeLessThanOrEqual(GUESSES_A_DAY);
    expect(answered).toBeGreaterThan(100);
  });

  it('does not count what is refused: hammering a wait does not lengthen it', async () => {
    const { clock, guess } = setUp();
    while (guess() === 0);
    const seconds = guess();
    for (let request = 0; request < 1000; request += 1) guess();
    await clock.advance(seconds * 1000);
    expect(guess()).toBe(0);
  });

  it('forgives one failure per hour, and locks nobody for good', async () => {
    const { clock, backoff, guess } = setUp();
    for (let at = 0; at < 15; at += 1) await clock.advance(guess() * 1000);
    const { failures } = backoff.state(ATTACKER);
    await clock.advance(3 * HOUR_MS);
    expect(backoff.state(ATTACKER).failures).toBe(failures - 3);
    await clock.advance(16 * HOUR_MS);
    expect(backoff.state(ATTACKER)).toEqual({ failures: 0, blockedForMs: 0 });
    let answered = 0;
    while (guess() === 0) answered += 1;
    expect(answered).toBe(AUTH_BACKOFF.freeFailures + 1);
  });

  it('counts one IPv6 /64 as one, and each address by itself', () => {
    const { guess } = setUp();
    let answered = 0;
    for (let at = 0; at < 30; at += 1) if (guess(`2001:db8:0:1::${at.toString(16)}`) === 0) answered += 1;
    expect(answered).toBe(AUTH_BACKOFF.freeFailures + 1);
    expect(guess('2001:db8:0:2::1')).toBe(0);
    expect(guess('192.0.2.67')).toBe(0);
  });

  it('shows what is left, and is forgiven', () => {
    const { backoff, guess } = setUp();
    guess();
    expect(backoff.show(ATTACKER)).toMatchObject({ name: 'authentication', quota: 5, remaining: 4, resetSeconds: 0 });
    while (guess() === 0);
    expect(backoff.show(ATTACKER)).toMatchObject({ remaining: 0 });
    expect(backoff.state(ATTACKER).failures).toBe(6);
    expect(backoff.state(ATTACKER).blockedForMs).toBeGreaterThan(0);
    expect([backoff.forgive(ATTACKER), guess(), backoff.forgive('192.0.2.99')]).toEqual([true, 0, false]);
    expect(backoff.metrics).toMatchObject({ failures: 7, denied: 1 });
  });

  it('is never later than it would be for an address alone, when more guess than can be counted', () => {
    let nowMs = 0;
    // One set of eight entries for forty addresses.
    const backoff = new AuthBackoff({ clock: { monotonic: () => nowMs }, random: createSeededRandom(1), entries: 8 });
    const answered = new Map<string, number>();
    const readyAtMs = new Map(Array.from({ length: 40 }, (_, at) => [`198.51.100.${at}`, 0]));
    for (; nowMs < DAY_MS; nowMs += 1000) {
      for (const [address, atMs] of readyAtMs) {
        if (atMs > nowMs) continue;
        const refusal = backoff.fail(address);
        if (refusal) readyAtMs.set(address, nowMs + refusal.retryAfterSeconds * 1000);
        else answered.set(address, (answered.get(address) ?? 0) + 1);
      }
    }
    expect(Math.max(...answered.values())).toBeLessThanOrEqual(GUESSES_A_DAY);
    // Neither open nor closed: together they may guess as often as eight.
    const all = [...answered.values()].reduce((sum, times) => sum + times, 0);
    expect(all).toBeGreaterThan(8 * 90);
    expect(all).toBeLessThanOrEqual(8 * GUESSES_A_DAY);
  });

  it('saturates: the wait never shrinks, never passes its ceiling, never overflows', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 31 - 1 }), (failures) => {
        expect(backoffMs(failures)).toBeLessThanOrEqual(AUTH_BACKOFF.longestWaitMs);
        expect(backoffMs(failures + 1)).toBeGreaterThanOrEqual(backoffMs(failures));
      }),
    );
  });
});
