import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLanes } from './lanes.ts';
import { UNPROVEN_LANES } from './newcomers.ts';

const steps = fc.array(
  fc.record({
    key: fc.nat({ max: 5 }),
    laneId: fc.nat({ max: 12 }),
    gapMs: fc.oneof(fc.nat({ max: 3_000 }), fc.nat({ max: 90_000 })),
    aheadMs: fc.oneof(fc.constant(undefined), fc.nat({ max: 60_000 }), fc.nat({ max: 300_000 })),
    isForgotten: fc.boolean(),
  }),
  { minLength: 20, maxLength: 300 },
);

const windowOf = (ms: number) => Math.floor(ms / 20_000);
const secondOf = (ms: number) => Math.floor(ms / 1000);
/** Further ahead a promise is not told from another. */
const RING_MS = 61_000;

describe('lanes', () => {
  it('count who asked lately, who waits and who is awaited as a plain list of them would', () => {
    fc.assert(
      fc.property(steps, (trace) => {
        // Room for all: nobody has to make room.
        const lanes = createLanes({ records: 4096 });
        const model = new Map<number, Map<number, { seenMs: number; promisedMs: number }>>();
        let now = 0;
        for (const { key, laneId, gapMs, aheadMs, isForgotten } of trace) {
          now += gapMs;
          const own = model.get(key) ?? new Map<number, { seenMs: number; promisedMs: number }>();
          model.set(key, own);
          const low = Math.imul(key + 1, 0x9e3779b1);
          if (isForgotten && aheadMs === undefined) {
            lanes.forget(low, key);
            for (const lane of own.values()) lane.promisedMs = -10_000;
          }
          const lane = lanes.enter(low, key, laneId, now);
          const mine = own.get(laneId) ?? { seenMs: now, promisedMs: -10_000 };
          own.set(laneId, mine);
          mine.seenMs = now;
          if (aheadMs !== undefined) {
            mine.promisedMs = Math.min(now + aheadMs, now + RING_MS);
            lanes.promise(lane, now + aheadMs, now);
          }
          const all = [...own.values()];
          const parts = (isCounted: (lane: typeof mine) => boolean) => {
            const counted = [...own].filter(([, other]) => other === mine || isCounted(other));
            const proven = counted.filter(([id]) => id >= UNPROVEN_LANES).length;
            const others = counted.length - proven;
            return laneId >= UNPROVEN_LANES ? proven + Math.min(1, others) : (proven + 1) * others;
          };
          expect(lanes.partsActive(lane, now)).toBe(parts(({ seenMs }) => windowOf(seenMs) > windowOf(now) - 3));
          expect(lanes.partsWaiting(lane, now)).toBe(parts(({ promisedMs }) => secondOf(promisedMs) >= secondOf(now)));
          const isAwaited = (other: typeof mine) => other !== mine && secondOf(other.promisedMs) >= secondOf(now) - 2;
          expect(lanes.isAnotherAwaited(lane, now)).toBe(all.some(isAwaited));
        }
      }),
    );
  });

  it('never miscount when lanes and records have to make room, and take no more memory', () => {
    fc.assert(
      fc.property(steps, (trace) => {
        const lanes = createLanes({ records: 8 });
        const { bytes } = lanes;
        const ids = new Set<number>();
        let now = 0;
        for (const [at, { key, laneId, gapMs, aheadMs }] of trace.entries()) {
          now += gapMs / 20;
          const id = laneId < UNPROVEN_LANES ? laneId : laneId + 13 * at;
          ids.add(id);
          const lane = lanes.enter(Math.imul(key + 1, 0x9e3779b1), key, id, now);
          expect(lane).toBeGreaterThanOrEqual(0);
          if (aheadMs !== undefined) lanes.promise(lane, now + aheadMs, now);
          for (const count of [lanes.partsActive(lane, now), lanes.partsWaiting(lane, now)]) {
            expect(count).toBeGreaterThanOrEqual(1);
            expect(count).toBeLessThanOrEqual((ids.size + 1) * UNPROVEN_LANES);
          }
        }
        expect(lanes.bytes).toBe(bytes);
      }),
    );
  });

  it('have no record for another key while the promises of eight are open, and the oldest one once they are not', () => {
    const lanes = createLanes({ records: 8 });
    for (let key = 1; key <= 8; key += 1) lanes.promise(lanes.enter(key, 0, 4, 0), 10_000, 0);
    expect(lanes.enter(9, 0, 4, 9_000)).toBe(-1);
    expect(lanes.enter(9, 0, 4, 13_000)).toBeGreaterThanOrEqual(0);
  });
});
