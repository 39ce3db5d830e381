import { PassThrough } from 'node:stream';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { expect, test } from 'vitest';
import { drainBeforeClose, LINGERING } from './lingering-close.ts';

const settled = async (promise: Promise<void>) => {
  let isSettled = false;
  void promise.then(() => {
    isSettled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return isSettled;
};

test('is over when the sender has finished', async () => {
  const source = new PassThrough();
  const over = drainBeforeClose(source, createManualClock());
  source.write('the rest');
  expect(await settled(over)).toBe(false);
  source.end();
  await over;
});

test('is over at once for a sender that had finished, or is gone', async () => {
  const finished = new PassThrough();
  finished.end();
  await finished.resume().toArray();
  await drainBeforeClose(finished, createManualClock());
  const gone = new PassThrough();
  gone.destroy();
  await drainBeforeClose(gone, createManualClock());
});

test('is over when the grace in time is used up', async () => {
  const clock = createManualClock();
  const over = drainBeforeClose(new PassThrough(), clock);
  await clock.advance(LINGERING.ms - 1);
  expect(await settled(over)).toBe(false);
  await clock.advance(1);
  await over;
});

test('is over when the grace in bytes is used up, and keeps nothing of them', async () => {
  const source = new PassThrough();
  const over = drainBeforeClose(source, createManualClock());
  const chunk = Buffer.alloc(1024 * 1024);
  for (let sent = 0; sent <= LINGERING.bytes; sent += chunk.length) source.write(chunk);
  await over;
  expect(source.readableLength).toBeLessThanOrEqual(chunk.length);
});

test('tiny chunks use up the grace in bytes as if they were large', async () => {
  const source = new PassThrough();
  const over = drainBeforeClose(source, createManualClock());
  for (let sent = 0; sent < 10_000; sent += 1) source.write('a');
  expect(await settled(over)).toBe(true);
});
