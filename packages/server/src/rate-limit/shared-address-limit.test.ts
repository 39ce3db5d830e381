import { createManualClock, type ManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { AddressLimit } from './address-limit.ts';
import { SharedAddressLimit } from './shared-address-limit.ts';
import type { SharedDecision, SharedLimit } from './shared-limit.ts';

const LIMIT = { name: 'address', perSecond: 20, burst: 100, horizonMs: 60_000 };
const SPENT = { usedMs: 5_500, networkUsedMs: 0, isReserved: false };

/** A limit on a store that decides as it is told to, on a clock in the test's hand. */
function setUp(decide: (clock: ManualClock) => Promise<Omit<SharedDecision, keyof typeof SPENT>>) {
  const clock = createManualClock();
  const seen = { asked: 0 };
  const ask = async (): Promise<SharedDecision> => {
    seen.asked += 1;
    return { ...SPENT, ...(await decide(clock)) };
  };
  const counters = { asked: 0, unanswered: 0, trips: 0 };
  const store: SharedLimit = {
    ...{ isAvailable: true, processes: 2, counters, ask },
    ...{ forget: async () => true, start: async () => {}, close: async () => {} },
  };
  const local = new AddressLimit({ clock, random: createSeededRandom(1), address: LIMIT, addresses: 4096 });
  const limit = new SharedAddressLimit({ clock, address: LIMIT, local, store });
  return { clock, seen, send: async () => limit.admit({ address: '192.0.2.1', method: 'GET', target: '/x' }) };
}

describe('a flow that a store refuses', () => {
  it('is asked about again before a slot is due that was kept for it, however long the store took to answer', async () => {
    const { clock, seen, send } = setUp(async (slow) => {
      await slow.advance(20);
      return { outcome: 'refused', waitMs: 500, refusedForMs: 500 };
    });
    await send();
    await clock.advance(470);
    await send();
    expect(seen.asked).toBe(1);
    // 498 ms after it was asked, which is 2 ms before the end: a client may be as early.
    await clock.advance(8);
    await send();
    expect(seen.asked).toBe(2);
  });

  it('is asked about again within a second, because its address may have been forgiven', async () => {
    const { clock, seen, send } = setUp(async () => ({ outcome: 'refused', waitMs: 20_000, refusedForMs: 20_000 }));
    await send();
    await clock.advance(990);
    await send();
    expect(seen.asked).toBe(1);
    await clock.advance(11);
    await send();
    expect(seen.asked).toBe(2);
  });
});
