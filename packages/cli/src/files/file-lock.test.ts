import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@openkupe/contract/clock';
import { expect, test } from 'vitest';
import { createFastClock } from '../testing/fast-clock.ts';
import { withLock } from './file-lock.ts';

const scene = { clock: systemClock, signal: new AbortController().signal };
const newPath = () => join(mkdtempSync(join(tmpdir(), 'openkupe-lock-')), 'logins.json');

test('one at a time, each of twenty once', async () => {
  const path = newPath();
  let inside = 0;
  let most = 0;
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      withLock(path, scene, async () => {
        inside += 1;
        most = Math.max(most, inside);
        await systemClock.sleep(1);
        order.push(index);
        inside -= 1;
      }),
    ),
  );
  expect([most, order.length, existsSync(`${path}.lock`)]).toEqual([1, 20, false]);
});

test('what fails inside leaves no lock behind', async () => {
  const path = newPath();
  await expect(withLock(path, scene, () => Promise.reject(new Error('inside')))).rejects.toThrow('inside');
  expect(existsSync(`${path}.lock`)).toBe(false);
});

test('a lock whose holder died a minute ago is taken over, by one of many', async () => {
  const path = newPath();
  writeFileSync(`${path}.lock`, `${systemClock.now() - 61_000} dead`);
  let inside = 0;
  const work = async () => {
    inside += 1;
    await systemClock.sleep(5);
    const seen = inside;
    inside -= 1;
    return seen;
  };
  expect(await Promise.all(Array.from({ length: 5 }, () => withLock(path, scene, work)))).toEqual([1, 1, 1, 1, 1]);
});

test('a lock that is held is waited for, then named with how to remove it, and left alone', async () => {
  const path = newPath();
  const clock = createFastClock(100);
  writeFileSync(`${path}.lock`, `${clock.now()} other`);
  await expect(withLock(path, { ...scene, clock }, async () => 1)).rejects.toMatchObject({
    message: expect.stringContaining('locked by another'),
    details: { next: [{ run: `rm ${path}.lock` }] },
  });
  expect(readFileSync(`${path}.lock`, 'utf8')).toContain('other');
});

test('whoever was suspended for too long does not remove the lock of the next', async () => {
  const path = newPath();
  await withLock(path, scene, async () => writeFileSync(`${path}.lock`, '1 next'));
  expect(readFileSync(`${path}.lock`, 'utf8')).toBe('1 next');
});
