import { describe, expect, test } from 'vitest';
import { createCongestion } from './congestion.ts';

/** Sends and is accepted as often as the rate allows, for so long; returns how many. */
function send(congestion: ReturnType<typeof createCongestion>, fromMs: number, forMs: number): number {
  let sent = 0;
  for (let now = fromMs; now < fromMs + forMs; now += congestion.waitMs(now) || 1)
    if (congestion.waitMs(now) === 0) {
      congestion.spend(now);
      congestion.accepted(now, false);
      sent += 1;
    }
  return sent;
}

describe('congestion', () => {
  test('a slow client that is refused three times more in a row keeps more than half of its rate: few calls are much chance', () => {
    const congestion = createCongestion();
    congestion.spend(0);
    congestion.refused(0, congestion.epoch, 1_000, 0.5, false);
    const before = congestion.rate;
    for (const now of [1_000, 2_000, 3_000]) congestion.refused(now, congestion.epoch, 1_000, 0.5, false);
    expect(congestion.rate).toBeLessThan(before);
    expect(congestion.rate).toBeGreaterThan(before / 2);
  });

  test('below one request a second the rate grows by own calls: by less than half for each', () => {
    const congestion = createCongestion();
    congestion.spend(0);
    congestion.refused(0, congestion.epoch, 10_000, 0.5, false);
    congestion.refused(10_000, congestion.epoch, 10_000, 0.5, false);
    const before = congestion.rate;
    expect(before).toBeLessThan(0.5);
    const calls = send(congestion, 20_000, 10_000);
    expect(congestion.rate).toBeGreaterThan(before);
    expect(congestion.rate).toBeLessThan(before * (1 + 0.5 * calls));
  });

  test.each([[0], [1]])(
    'one in flight, and a doubled distance, from the second refusal in a row on: %i accepted before the first',
    (accepted) => {
      const congestion = createCongestion();
      congestion.spend(0);
      for (let call = 0; call < accepted; call++) congestion.accepted(0, false);
      const refuse = (now: number) => {
        congestion.refused(now, congestion.epoch, 1_000, 0.5, false);
        let at = now + 1_000;
        while (congestion.waitMs(at) > 0) at += congestion.waitMs(at);
        return { concurrency: congestion.concurrency, afterS: Math.round((at - now - 1_000) / 100) / 10 };
      };
      const [first, second, third] = [refuse(0), refuse(10_000), refuse(20_000)];
      expect(first).toEqual({ concurrency: 5, afterS: 0 });
      expect([second.concurrency, third.concurrency]).toEqual([1, 1]);
      // NOTE: less than two and four seconds, because the rate grows meanwhile.
      for (const [{ afterS }, most] of [
        [second, 2],
        [third, 4],
      ] as const) {
        expect(afterS).toBeGreaterThan(most * 0.75);
        expect(afterS).toBeLessThanOrEqual(most);
      }
    },
  );

  /** Refused six times, with so many accepted in the second before each; the rate is then about as many a second. */
  function learnt(perSecond: number, waitMs = 1_000) {
    const congestion = createCongestion();
    let now = 0;
    for (let refusal = 0; refusal < 6; refusal++) {
      for (let call = 0; call < perSecond; call++) {
        congestion.spend(now);
        congestion.accepted(now, false);
        now += 1_000 / perSecond;
      }
      congestion.refused(now, congestion.epoch, waitMs, 0.5, false);
      now += waitMs;
    }
    return { congestion, now };
  }

  test('a wait that the server asked for is no sign of a lower rate, only what lasts longer', () => {
    const { congestion, now } = learnt(40);
    const before = congestion.rate;
    congestion.refused(now + 50, congestion.epoch, 1_000, 0.5, false);
    expect(congestion.rate).toBeGreaterThan(before * 0.75);
    for (const atMs of [1_100, 2_150, 3_200]) congestion.refused(now + atMs, congestion.epoch, 1_000, 0.5, false);
    const lasted = (8 * before) / (8 + 3.2 * before);
    expect(congestion.rate).toBeLessThan(before / 2);
    expect(congestion.rate).toBeGreaterThan(lasted * 0.95);
  });

  test('after two seconds and more as many may be sent at once as were accepted last time, and one more', () => {
    const at = ({ congestion, now }: ReturnType<typeof learnt>) => {
      let count = 0;
      for (; congestion.waitMs(now) === 0; count++) congestion.spend(now);
      return count;
    };
    expect(at(learnt(40))).toBe(1);
    expect(at(learnt(40, 2_000))).toBe(41);
  });

  test('what is accepted beyond the estimate, and beyond what a bucket saves in the wait, makes the rate double in half a second', () => {
    const after = (surplus: number) => {
      const { congestion, now } = learnt(10);
      const before = congestion.rate;
      for (let call = 0; call < 1 + surplus; call++) congestion.accepted(now + 1, false);
      for (let waited = 1; waited <= 501; waited += 10) {
        if (congestion.waitMs(now + waited) === 0) congestion.spend(now + waited);
      }
      return congestion.rate / before;
    };
    expect(after(4)).toBeLessThan(1.2);
    expect(after(16)).toBeGreaterThan(1.7);
  });
});
