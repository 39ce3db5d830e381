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
});
