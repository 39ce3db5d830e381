import { expect, it } from 'vitest';
import { createWriteQueue } from './write-queue.ts';
import type { Settled, WriteRequest } from './write-request.ts';

const probe = (bytes: number): WriteRequest => ({ verb: 'probe', bytes });

/** A writer whose groups are ended by the test. */
function setUp(largestGroup = 10) {
  const groups: number[][] = [];
  const endings: ((settled: Settled[]) => void)[] = [];
  const queue = createWriteQueue(
    {
      write: (group) => {
        groups.push(group.map((request) => (request as { bytes: number }).bytes));
        return new Promise((resolve) => void endings.push(resolve));
      },
    },
    largestGroup,
  );
  const end = async () => {
    endings.shift()?.(groups.at(-1)?.map(() => ({ result: undefined })) ?? []);
    await turn();
  };
  return { queue, groups, end };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

it('hands in together what came in one turn, and then what came while that was written, at most so many at a time', async () => {
  const { queue, groups, end } = setUp(3);
  const first = [queue.run(probe(1)), queue.run(probe(2))];
  await turn();
  const next = [3, 4, 5, 6].map((bytes) => queue.run(probe(bytes)));
  await turn();
  expect(groups).toEqual([[1, 2]]);
  await end();
  await Promise.all(first);
  await turn();
  expect(groups).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
  await end();
  await turn();
  await end();
  await Promise.all(next);
  expect(groups).toEqual([[1, 2], [3, 4, 5], [6]]);
});

it('writes what was accepted before it is closed, and refuses what comes after', async () => {
  const { queue, groups, end } = setUp();
  const accepted = queue.run(probe(1));
  const closing = queue.close();
  await expect(queue.run(probe(2))).rejects.toThrow('The store is closed');
  await turn();
  await end();
  await Promise.all([accepted, closing]);
  expect(groups).toEqual([[1]]);
});
