import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createFairSemaphore } from './fair-semaphore.ts';

const settle = async () => {
  for (let turns = 0; turns < 200; turns += 1) await turn();
};

it('gives out so many permits, and the others as they come back', async () => {
  const semaphore = createFairSemaphore(2);
  const held: (() => void)[] = [];
  for (let at = 0; at < 5; at += 1) void semaphore.acquire('one').then((release) => held.push(release));
  await settle();
  expect(held.length).toBe(2);
  held[0]?.();
  held[0]?.();
  await settle();
  expect(held.length).toBe(3);
  for (const release of held) release();
  await settle();
  expect(held.length).toBe(5);
});

it('serves keys in rotation: one that asks a hundred times keeps another waiting once', async () => {
  const semaphore = createFairSemaphore(1);
  const order: string[] = [];
  const ask = (key: string) =>
    semaphore.acquire(key).then((release) => {
      order.push(key);
      release();
    });
  const all = Array.from({ length: 100 }, () => ask('many'));
  all.push(ask('few'), ask('few'));
  await Promise.all(all);
  expect(order.indexOf('few')).toBeLessThan(3);
  expect(order.lastIndexOf('few')).toBeLessThan(5);
});

it('lets a turn of the event loop pass between two holders', async () => {
  const semaphore = createFairSemaphore(1);
  const events: string[] = [];
  const hold = async () => {
    const release = await semaphore.acquire('one');
    events.push('held');
    release();
  };
  const both = Promise.all([hold(), hold()]);
  setImmediate(() => events.push('another'));
  await both;
  expect(events).toEqual(['held', 'another', 'held']);
});
