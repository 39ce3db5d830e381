import { createManualClock, type ManualClock } from '@openkupe/contract/testing/manual-clock';
import { beforeEach, describe, expect, it } from 'vitest';
import { CONFIRM_MS, createConfirmedTime, LARGEST_STEP_MS } from './confirmed-time.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1);

let clock: ManualClock;
beforeEach(() => {
  clock = createManualClock(START);
});
/** Looks every half minute, as the background tasks do. */
async function pass(ms: number, look: () => unknown): Promise<void> {
  for (let passed = 0; passed < ms; passed += 30_000) {
    await clock.advance(Math.min(30_000, ms - passed));
    look();
  }
}

describe('the confirmed time of a process that runs', () => {
  it.each([HOUR, -HOUR, DAY, -DAY, 40 * DAY, -40 * DAY])(
    'is not moved by a step of %i ms that lasts for less than a quarter of an hour',
    async (ms) => {
      const time = createConfirmedTime(clock);
      await pass(2 * CONFIRM_MS, time.now);
      clock.setWallClock(ms);
      expect(time.heldStep()).toEqual({ wallMs: clock.now(), knownMs: clock.now() - ms, needsOperator: Math.abs(ms) > LARGEST_STEP_MS });
      await pass(CONFIRM_MS - 1, time.now);
      expect([time.now(), time.atLeast()]).toEqual([clock.now() - ms, clock.now() - ms]);
      clock.setWallClock(-ms);
      await pass(CONFIRM_MS, time.now);
      expect([time.now(), time.heldStep()]).toEqual([clock.now(), undefined]);
    },
  );

  it.each([HOUR, -HOUR, DAY, -DAY, LARGEST_STEP_MS])('follows a step of %i ms once it has lasted for a quarter of an hour', async (ms) => {
    const time = createConfirmedTime(clock);
    clock.setWallClock(ms);
    time.now();
    await pass(CONFIRM_MS, time.now);
    expect([time.now(), time.atLeast(), time.heldStep()]).toEqual([clock.now(), clock.now(), undefined]);
  });

  it.each([40 * DAY, -40 * DAY])('follows a step of %i ms at the word of an operator alone', async (ms) => {
    const time = createConfirmedTime(clock);
    await pass(CONFIRM_MS, time.now);
    clock.setWallClock(ms);
    await pass(3 * DAY, time.now);
    expect(time.now()).toBe(clock.now() - ms);
    time.confirm();
    expect([time.now(), time.atLeast(), time.heldStep()]).toEqual([clock.now(), clock.now(), undefined]);
  });

  it('never follows a clock that says something else each time', async () => {
    const time = createConfirmedTime(clock);
    for (let step = 0; step < 100; step += 1) {
      clock.setWallClock(step % 2 === 0 ? HOUR : -HOUR);
      await clock.advance(60_000);
      time.now();
    }
    expect(time.now()).toBe(clock.now());
    clock.setWallClock(HOUR);
    for (let step = 0; step < 100; step += 1) {
      clock.setWallClock(60_000);
      await clock.advance(60_000);
      time.now();
    }
    expect(time.now()).toBeLessThan(clock.now() - HOUR);
  });

  it('follows drift at a tenth of the speed of time', async () => {
    const time = createConfirmedTime(clock);
    clock.setWallClock(3_000);
    await clock.advance(10_000);
    expect(time.now()).toBe(clock.now() - 2_000);
    await clock.advance(20_000);
    expect([time.now(), time.heldStep()]).toEqual([clock.now(), undefined]);
  });
});

describe('the confirmed time after a restart', () => {
  const before = { knownMs: START - DAY, certainMs: START - DAY };

  it('believes the wall clock after downtime, but lets nothing irrevocable happen by it for a quarter of an hour', async () => {
    const time = createConfirmedTime(clock, before);
    expect([time.now(), time.atLeast()]).toEqual([START, START - DAY]);
    await pass(CONFIRM_MS - 1, time.now);
    expect(time.atLeast()).toBe(START - DAY + CONFIRM_MS - 1);
    await pass(1, time.now);
    expect(time.atLeast()).toBe(clock.now());
  });

  it.each([HOUR, DAY])('takes back what it believed when the wall clock is set back by %i ms in that time', async (ms) => {
    clock.setWallClock(ms);
    const time = createConfirmedTime(clock, { knownMs: START, certainMs: START });
    await pass(CONFIRM_MS / 2, time.now);
    clock.setWallClock(-ms);
    await pass(CONFIRM_MS + 30_000, () => expect(time.atLeast()).toBeLessThanOrEqual(clock.now()));
    expect(time.now()).toBe(clock.now());
  });

  it.each([40 * DAY, -40 * DAY])('goes on where it was when the wall clock differs by %i ms, until the word of an operator', async (ms) => {
    clock.setWallClock(ms);
    const time = createConfirmedTime(clock, before);
    await pass(DAY, time.now);
    expect([time.now(), time.atLeast()]).toEqual([START, START]);
    expect(time.heldStep()?.needsOperator).toBe(true);
    time.confirm();
    expect(time.atLeast()).toBe(clock.now());
  });

  it.each([-HOUR, -DAY])('does not go back by %i ms at one look', async (ms) => {
    clock.setWallClock(ms);
    const time = createConfirmedTime(clock, { knownMs: START, certainMs: START });
    expect(time.now()).toBe(START);
    await pass(CONFIRM_MS, time.now);
    expect(time.now()).toBe(clock.now());
  });

  it('hands on what it knew, and counts downtime from there however often it is restarted', async () => {
    let known = createConfirmedTime(clock, before).known();
    expect(known).toEqual({ knownMs: START, certainMs: START - DAY });
    for (let day = 1; day < 20; day += 1) {
      clock.setWallClock(DAY);
      const time = createConfirmedTime(clock, known);
      expect(time.now()).toBe(clock.now());
      known = time.known();
    }
  });
});

it('is certain of nothing at the very first start, until a quarter of an hour has passed', async () => {
  const time = createConfirmedTime(clock);
  expect([time.now(), time.atLeast()]).toEqual([START, 0]);
  await pass(CONFIRM_MS, time.now);
  expect(time.atLeast()).toBe(clock.now());
});
