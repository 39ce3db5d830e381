import { expect, it } from 'vitest';
import { StoreUnavailableError } from './store.ts';
import { createProbe } from './write-queue.ts';

function setUp() {
  const probe = createProbe();
  const written: number[] = [];
  const run = () => probe.run(async (bytes) => void written.push(bytes));
  const fail = (failure: 'full' | 'damaged') => () => probe.noteFailure(new StoreUnavailableError('x', { failure }));
  return { probe, run, fail, written };
}

it('writes as much as a usual change after one failed, and is small again once that got through', async () => {
  const { probe, run, fail, written } = setUp();
  await run();
  expect(fail('full')).toThrow(StoreUnavailableError);
  expect(probe.failure()).toBe('full');
  await run();
  await run();
  expect(written).toEqual([0, 131_072, 0]);
  expect(probe.failure()).toBeUndefined();
});

it('believes the last change rather than itself where a page is damaged', async () => {
  const { probe, run, fail } = setUp();
  expect(fail('damaged')).toThrow(StoreUnavailableError);
  await expect(run()).rejects.toMatchObject({ failure: 'damaged' });
  probe.noteSuccess();
  await run();
});
