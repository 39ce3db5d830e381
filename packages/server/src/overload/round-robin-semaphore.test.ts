import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createRoundRobinSemaphore } from './round-robin-semaphore.ts';

const settle = async () => {
  for (let turns = 0; turns < 200; turns += 1) await turn();
};

it('gives out so many permits, and the others as they come back', async () => {
  const semaphore = createRoundRobinSemaphore(2);
  const held: Disposable[] = [];
  for (let at = 0; at < 5; at += 1) void semaphore.acquire('one').then((permit) => held.push(permit));
  await settle();
  expect(held.length).toBe(2);
  held[0]?.[Symbol.dispose]();
  held[0]?.[Symbol.dispose]();
  await settle();
  expect(held.length).toBe(3);
  for (const permit of held) permit[Symbol.dispose]();
  await settle();
  expect(held.length).toBe(5);
});

it('serves clients round robin: one that asks a hundred times keeps another waiting once', async () => {
  const semaphore = createRoundRobinSemaphore(1);
  const order: string[] = [];
  const ask = (client: string) =>
    semaphore.acquire(client).then((permit) => {
      order.push(client);
      permit[Symbol.dispose]();
    });
  const all = Array.from({ length: 100 }, () => ask('many'));
  all.push(ask('few'), ask('few'));
  await Promise.all(all);
  expect(order.indexOf('few')).toBeLessThan(3);
  expect(order.lastIndexOf('few')).toBeLessThan(5);
});

it('lets a turn of the event loop pass between two holders', async () => {
  const semaphore = createRoundRobinSemaphore(1);
  const events: string[] = [];
  const hold = async () => {
    using _permit = await semaphore.acquire('one');
    events.push('held');
  };
  const both = Promise.all([hold(), hold()]);
  setImmediate(() => events.push('another'));
  await both;
  expect(events).toEqual(['held', 'another', 'held']);
});
