import { expect, it } from 'vitest';
import { createBatchedRead } from './batched-reads.ts';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A read whose statements the test answers. */
function setUp() {
  const batches: string[][] = [];
  const endings: { answer(): void; fail(error: Error): void }[] = [];
  const read = createBatchedRead<string, string>(
    (keys) => {
      const at = batches.push([...keys]);
      return new Promise((resolve, reject) => {
        endings.push({ answer: () => resolve((key) => `${key} in ${at}`), fail: reject });
      });
    },
    (key) => key,
  );
  return { read, batches, endings };
}

it('reads in one statement what is asked for in one turn, each key once', async () => {
  const { read, batches, endings } = setUp();
  const reads = [read('a'), read('b'), read('a')];
  await nextTurn();
  expect(batches).toEqual([['a', 'b']]);
  endings[0]?.answer();
  expect(await Promise.all(reads)).toEqual(['a in 1', 'b in 1', 'a in 1']);
});

it('joins no statement that is under way, and runs two at once', async () => {
  const { read, batches, endings } = setUp();
  const first = read('a');
  await nextTurn();
  const second = read('a');
  await nextTurn();
  const third = [read('a'), read('c')];
  await nextTurn();
  expect(batches).toEqual([['a'], ['a']]);
  endings[1]?.answer();
  expect(await second).toBe('a in 2');
  await nextTurn();
  expect(batches).toEqual([['a'], ['a'], ['a', 'c']]);
  endings[0]?.answer();
  endings[2]?.answer();
  expect([await first, ...(await Promise.all(third))]).toEqual(['a in 1', 'a in 3', 'c in 3']);
});

it('fails every read of a statement that fails, and none of the next', async () => {
  const { read, endings } = setUp();
  const failing = Promise.allSettled([read('a'), read('b')]);
  await nextTurn();
  const next = read('a');
  await nextTurn();
  endings[0]?.fail(new Error('gone'));
  endings[1]?.answer();
  expect(await failing).toMatchObject([{ reason: { message: 'gone' } }, { reason: { message: 'gone' } }]);
  expect(await next).toBe('a in 2');
});
