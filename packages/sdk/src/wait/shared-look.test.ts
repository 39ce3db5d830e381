import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { expect, test } from 'vitest';
import { createSharedLook } from './shared-look.ts';

const never = new AbortController().signal;

/** A shared look whose results are numbered and take half a second each; `isStopped` tells of each whether it was meanwhile. */
function numberedLooks() {
  const clock = createManualClock();
  const isStopped: boolean[] = [];
  const shared = createSharedLook(clock, async (signal) => {
    const number = isStopped.push(false);
    await clock.sleep(500, signal).catch((reason: unknown) => {
      isStopped[number - 1] = true;
      throw reason;
    });
    return number;
  });
  return { clock, isStopped, shared };
}

test('whoever comes together shares one look, and a later one while it is fresh', async () => {
  const { clock, isStopped, shared } = numberedLooks();
  const tickets = [shared.join(), shared.join(), shared.join()];
  const seen = await clock.runUntil(Promise.all(tickets.map((ticket) => shared.see(ticket, 0, never))));
  await clock.advance(400);
  expect([...seen, await shared.see(tickets[0] ?? 0, 400, never)]).toEqual([1, 1, 1, 1]);
  await clock.advance(1);
  expect(await clock.runUntil(shared.see(tickets[0] ?? 0, 400, never))).toBe(2);
  expect(isStopped).toHaveLength(2);
});

test('whoever comes while a look is under way gets the next one, and all of them the same', async () => {
  const { clock, isStopped, shared } = numberedLooks();
  const first = shared.see(shared.join(), 0, never);
  await clock.advance(100);
  const late = [shared.join(), shared.join()].map((ticket) => shared.see(ticket, 60_000, never));
  expect(await clock.runUntil(Promise.all([first, ...late]))).toEqual([1, 2, 2]);
  expect(isStopped).toHaveLength(2);
});

test('nobody gets a result from before their wait, however fresh it is', async () => {
  const { clock, shared } = numberedLooks();
  expect(await clock.runUntil(shared.see(shared.join(), 0, never))).toBe(1);
  expect(await clock.runUntil(shared.see(shared.join(), 60_000, never))).toBe(2);
});

/** The turns of the promises that leaving a look takes: somebody may come after each of them. */
const TURNS = Array.from({ length: 12 }, (_, turn) => turn);

test.each(TURNS)('whoever comes %i turns after the last one has left gets a look that is not being stopped', async (turns) => {
  const { clock, isStopped, shared } = numberedLooks();
  const controller = new AbortController();
  const ticket = shared.join();
  const left = expect(shared.see(ticket, 0, controller.signal)).rejects.toThrow('enough');
  await clock.advance(100);
  controller.abort(new Error('enough'));
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  expect(await clock.runUntil(shared.see(ticket, 0, never))).toBe(isStopped.length);
  await left;
  expect(isStopped.at(-1)).toBe(false);
  expect(clock.sleeping).toBe(0);
});

test.each(TURNS)('nor one that the last one has left before it began, %i turns ago', async (turns) => {
  const { clock, isStopped, shared } = numberedLooks();
  const first = shared.see(shared.join(), 0, never);
  await clock.advance(100);
  const controller = new AbortController();
  const left = expect(shared.see(shared.join(), 0, controller.signal)).rejects.toThrow('enough');
  controller.abort(new Error('enough'));
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  expect(await clock.runUntil(Promise.all([first, shared.see(shared.join(), 0, never)]))).toEqual([1, 2]);
  await left;
  expect(isStopped).toEqual([false, false]);
});

test('the next look goes as soon as the one before it is stopped, and not at all when nobody waits for it', async () => {
  const { clock, isStopped, shared } = numberedLooks();
  const stop = new AbortController();
  const first = expect(shared.see(shared.join(), 0, stop.signal)).rejects.toThrow('enough');
  await clock.advance(100);
  const ticket = shared.join();
  const second = shared.see(ticket, 0, never);
  stop.abort(new Error('enough'));
  await first;
  await clock.advance(0);
  expect(isStopped).toEqual([true, false]);

  const leave = new AbortController();
  const third = expect(shared.see(shared.join(), 0, leave.signal)).rejects.toThrow('enough');
  leave.abort(new Error('enough'));
  await third;
  expect(await clock.runUntil(second)).toBe(2);
  await clock.advance(1_000);
  expect(isStopped).toEqual([true, false]);
});
