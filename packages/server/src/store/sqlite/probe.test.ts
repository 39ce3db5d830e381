import { expect, it, onTestFinished } from 'vitest';
import { StoreUnavailableError } from '../store.ts';
import { openFolder } from './open.ts';
import { prepareProbe } from './probe.ts';
import { scratchFolder } from './testing/scratch-folder.ts';

function setUp() {
  const { database, close } = openFolder(scratchFolder());
  onTestFinished(close);
  const probe = prepareProbe(database);
  const run = () => probe.run(async (write) => write());
  const fail = (failure: 'full' | 'damaged') => () => probe.noteFailure(new StoreUnavailableError('x', { failure }));
  const filler = () => database.prepare('SELECT length(filler) AS bytes FROM probe').get()?.bytes;
  return { probe, run, fail, filler };
}

it('writes as much as a usual change after one failed, and is small again once that got through', async () => {
  const { probe, run, fail, filler } = setUp();
  await run();
  expect(filler()).toBeUndefined();
  expect(fail('full')).toThrow(StoreUnavailableError);
  expect(probe.failure()).toBe('full');
  await run();
  expect(filler()).toBe(131_072);
  expect(probe.failure()).toBeUndefined();
});

it('believes the last change rather than itself where a page is damaged', async () => {
  const { probe, run, fail } = setUp();
  expect(fail('damaged')).toThrow(StoreUnavailableError);
  await expect(run()).rejects.toMatchObject({ failure: 'damaged' });
  probe.noteSuccess();
  await run();
});
