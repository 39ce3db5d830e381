import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createKeyedMutex } from './keyed-mutex.ts';

describe('a keyed mutex', () => {
  it('runs the work of one key in order and without overlap, other keys beside it', async () => {
    const mutex = createKeyedMutex();
    const log: string[] = [];
    const work = (name: string) => async () => {
      log.push(`${name} begins`);
      await setImmediate();
      log.push(`${name} ends`);
      return name;
    };
    const results = await Promise.all([mutex.run('a', work('a1')), mutex.run('a', work('a2')), mutex.run('b', work('b1'))]);
    expect(results).toEqual(['a1', 'a2', 'b1']);
    expect(log.filter((line) => line.startsWith('a'))).toEqual(['a1 begins', 'a1 ends', 'a2 begins', 'a2 ends']);
    expect(log.indexOf('b1 begins')).toBeLessThan(log.indexOf('a1 ends'));
  });

  it('goes on after a failure, which only its caller sees', async () => {
    const mutex = createKeyedMutex();
    const failing = mutex.run('a', () => Promise.reject(new Error('no')));
    const next = mutex.run('a', async () => 'yes');
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe('yes');
  });

  it('counts the work of a key until it has settled', async () => {
    const mutex = createKeyedMutex();
    const both = [mutex.run('a', async () => {}), mutex.run('a', async () => {})];
    expect([mutex.count('a'), mutex.count('b')]).toEqual([2, 0]);
    await Promise.all(both);
    await mutex.idle();
    expect(mutex.count('a')).toBe(0);
  });

  it('is idle when all work has ended', async () => {
    const mutex = createKeyedMutex();
    let hasEnded = false;
    mutex.run('a', async () => {
      await setImmediate();
      hasEnded = true;
    });
    await mutex.idle();
    expect(hasEnded).toBe(true);
  });
});
