import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { expect, test } from 'vitest';
import { createSingleFlight } from './single-flight.ts';

const never = new AbortController().signal;

/** A single flight whose loads are numbered and take half a second each; `isStopped` has for each whether it was stopped meanwhile. */
function numberedLoads() {
  const clock = createManualClock();
  const isStopped: boolean[] = [];
  const shared = createSingleFlight(clock, async (signal) => {
    const number = isStopped.push(false);
    await clock.sleep(500, signal).catch((reason: unknown) => {
      isStopped[number - 1] = true;
      throw reason;
    });
    return number;
  });
  return { clock, isStopped, shared };
}

test('members that load together share one load, and a later one its result while it is fresh', async () => {
  const { clock, isStopped, shared } = numberedLoads();
  const joinedAts = [shared.join(), shared.join(), shared.join()];
  const seen = await clock.runUntil(Promise.all(joinedAts.map((joinedAt) => shared.get(joinedAt, 0, never))));
  await clock.advance(400);
  expect([...seen, await shared.get(joinedAts[0] ?? 0, 400, never)]).toEqual([1, 1, 1, 1]);
  await clock.advance(1);
  expect(await clock.runUntil(shared.get(joinedAts[0] ?? 0, 400, never))).toBe(2);
  expect(isStopped).toHaveLength(2);
});

test('members that join while a load is running share the next one', async () => {
  const { clock, isStopped, shared } = numberedLoads();
  const first = shared.get(shared.join(), 0, never);
  await clock.advance(100);
  const late = [shared.join(), shared.join()].map((joinedAt) => shared.get(joinedAt, 60_000, never));
  expect(await clock.runUntil(Promise.all([first, ...late]))).toEqual([1, 2, 2]);
  expect(isStopped).toHaveLength(2);
});

test('no member gets the result of a load that began before it joined, however fresh it is', async () => {
  const { clock, shared } = numberedLoads();
  expect(await clock.runUntil(shared.get(shared.join(), 0, never))).toBe(1);
  expect(await clock.runUntil(shared.get(shared.join(), 60_000, never))).toBe(2);
});

/** The microtasks that leaving a load takes: a member may join after each of them. */
const MICROTASKS = Array.from({ length: 12 }, (_, count) => count);

test.each(MICROTASKS)(
  'a member that joins %i microtasks after the last one has left gets a load that is not being stopped',
  async (microtasks) => {
    const { clock, isStopped, shared } = numberedLoads();
    const controller = new AbortController();
    const joinedAt = shared.join();
    const left = expect(shared.get(joinedAt, 0, controller.signal)).rejects.toThrow('enough');
    await clock.advance(100);
    controller.abort(new Error('enough'));
    for (let count = 0; count < microtasks; count++) await Promise.resolve();
    expect(await clock.runUntil(shared.get(joinedAt, 0, never))).toBe(isStopped.length);
    await left;
    expect(isStopped.at(-1)).toBe(false);
    expect(clock.sleeping).toBe(0);
  },
);

test.each(MICROTASKS)('nor a load that its last member has left before it began, %i microtasks ago', async (microtasks) => {
  const { clock, isStopped, shared } = numberedLoads();
  const first = shared.get(shared.join(), 0, never);
  await clock.advance(100);
  const controller = new AbortController();
  const left = expect(shared.get(shared.join(), 0, controller.signal)).rejects.toThrow('enough');
  controller.abort(new Error('enough'));
  for (let count = 0; count < microtasks; count++) await Promise.resolve();
  expect(await clock.runUntil(Promise.all([first, shared.get(shared.join(), 0, never)]))).toEqual([1, 2]);
  await left;
  expect(isStopped).toEqual([false, false]);
});

test('the queued load begins as soon as the running one is stopped, and not at all when no member waits for it', async () => {
  const { clock, isStopped, shared } = numberedLoads();
  const stop = new AbortController();
  const first = expect(shared.get(shared.join(), 0, stop.signal)).rejects.toThrow('enough');
  await clock.advance(100);
  const joinedAt = shared.join();
  const second = shared.get(joinedAt, 0, never);
  stop.abort(new Error('enough'));
  await first;
  await clock.advance(0);
  expect(isStopped).toEqual([true, false]);

  const leave = new AbortController();
  const third = expect(shared.get(shared.join(), 0, leave.signal)).rejects.toThrow('enough');
  leave.abort(new Error('enough'));
  await third;
  expect(await clock.runUntil(second)).toBe(2);
  await clock.advance(1_000);
  expect(isStopped).toEqual([true, false]);
});
