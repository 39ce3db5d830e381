import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemClock } from '@openkupe/contract/clock';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFastClock } from '../testing/fast-clock.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { OWN_LOCK, withLock } from './file-lock.ts';
import { ownIdentity, type ProcessIdentity } from './process-identity.ts';

const scene = { clock: systemClock, signal: new AbortController().signal };
const newPath = () => join(temporaryFolder(), 'logins.json');

test('one at a time, each of twenty once', async () => {
  const path = newPath();
  let inside = 0;
  let most = 0;
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      withLock(path, OWN_LOCK, scene, async () => {
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
  await expect(withLock(path, OWN_LOCK, scene, () => Promise.reject(new Error('inside')))).rejects.toThrow('inside');
  expect(existsSync(`${path}.lock`)).toBe(false);
});

/** What a holder writes, of a process that is or was. */
const heldBy = (identity: Partial<ProcessIdentity>) => JSON.stringify({ holder: { ...ownIdentity(), ...identity }, mark: 'other' });
/** An id that no process has: the child has ended and is gone when this returns. */
const deadPid = () => spawnSync('true').pid;

/** Runs five that want the lock at once. Returns how many were inside at a time, and the longest wait in milliseconds. */
async function takeOver(path: string, speed = 1): Promise<{ most: number; waitedMs: number }> {
  const clock = createFastClock(speed);
  let inside = 0;
  let most = 0;
  let waitedMs = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    waitedMs = Math.max(waitedMs, clock.monotonic());
    await systemClock.sleep(2);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 5 }, () => withLock(path, OWN_LOCK, { ...scene, clock }, work)));
  return { most, waitedMs };
}

describe('a lock that was left over is taken over, by one of many', () => {
  test.each<[string, () => string, number]>([
    ['at once when its process has ended', () => heldBy({ pid: deadPid() }), 2_000],
    ['at once when its process id belongs to a later process', () => heldBy({ pid: process.ppid, startedAt: '1' }), 2_000],
    ['soon when it is empty', () => '', 5_000],
    ['in a minute when it is of another machine', () => heldBy({ place: 'another', pid: 1 }), 50_000],
    ['in a minute when its process lives, but hangs', () => heldBy({}), 50_000],
    ['in a minute when it is dated in the future', () => `${systemClock.now() + 86_400_000} other`, 50_000],
    ['in a minute when it is not readable', () => '{"holder":', 50_000],
  ])('%s', async (_, content, mostMs) => {
    const path = newPath();
    writeFileSync(`${path}.lock`, content());
    writeFileSync(`${path}.lock.clearing`, '');
    const future = new Date(systemClock.now() + 86_400_000);
    utimesSync(`${path}.lock`, future, future);
    const { most, waitedMs } = await takeOver(path, mostMs > 5_000 ? 20 : 1);
    expect(most).toBe(1);
    expect(waitedMs).toBeLessThan(mostMs);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  test.each<[string, (lock: string) => void]>([
    ['a folder', (lock) => mkdirSync(join(lock, 'inside'), { recursive: true })],
    ['a link to nowhere', (lock) => symlinkSync('/nowhere/at/all', lock)],
  ])('in a minute when it is %s', async (_, make) => {
    const path = newPath();
    make(`${path}.lock`);
    const { most, waitedMs } = await takeOver(path, 20);
    expect(most).toBe(1);
    expect(waitedMs).toBeLessThan(60_000);
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  test('also when the one that took it over has died since', async () => {
    const path = newPath();
    for (const name of ['lock', 'lock.2', 'lock.3']) writeFileSync(`${path}.${name}`, heldBy({ pid: deadPid() }));
    const { most, waitedMs } = await takeOver(path);
    expect(most).toBe(1);
    expect(waitedMs).toBeLessThan(3_000);
    expect(readdirSync(dirname(path))).toEqual([]);
  });
});

test('a lock that others hold in turn is waited for, then named with how to remove it, and left alone', async () => {
  const path = newPath();
  const clock = createFastClock(200);
  let turns = 0;
  const others = setInterval(() => writeFileSync(`${path}.lock`, heldBy({ place: `another ${turns++}` })), 5);
  onTestFinished(() => clearInterval(others));
  writeFileSync(`${path}.lock`, heldBy({ place: 'another' }));
  await expect(withLock(path, OWN_LOCK, { ...scene, clock }, async () => 1)).rejects.toMatchObject({
    message: expect.stringContaining('locked by another'),
    details: { next: [{ run: `rm -r ${path}.lock*` }] },
  });
  expect(existsSync(`${path}.lock`)).toBe(true);
});

test('a process that was suspended for too long does not remove the lock of the next', async () => {
  const path = newPath();
  await withLock(path, OWN_LOCK, scene, async () => writeFileSync(`${path}.lock`, '1 next'));
  expect(readFileSync(`${path}.lock`, 'utf8')).toBe('1 next');
});
