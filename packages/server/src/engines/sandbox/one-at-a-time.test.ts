import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createOneAtATime } from './one-at-a-time.ts';

describe('one at a time', () => {
  it('runs the work of one key in order and without overlap, other keys beside it', async () => {
    const turns = createOneAtATime();
    const told: string[] = [];
    const work = (name: string) => async () => {
      told.push(`${name} begins`);
      await setImmediate();
      told.push(`${name} ends`);
      return name;
    };
    const results = await Promise.all([turns.run('a', work('a1')), turns.run('a', work('a2')), turns.run('b', work('b1'))]);
    expect(results).toEqual(['a1', 'a2', 'b1']);
    expect(told.filter((line) => line.startsWith('a'))).toEqual(['a1 begins', 'a1 ends', 'a2 begins', 'a2 ends']);
    expect(told.indexOf('b1 begins')).toBeLessThan(told.indexOf('a1 ends'));
  });

  it('goes on after a failure, which only its caller sees', async () => {
    const turns = createOneAtATime();
    const failing = turns.run('a', () => Promise.reject(new Error('no')));
    const next = turns.run('a', async () => 'yes');
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe('yes');
  });

  it('is idle when all work has ended', async () => {
    const turns = createOneAtATime();
    let hasEnded = false;
    turns.run('a', async () => {
      await setImmediate();
      hasEnded = true;
    });
    await turns.idle();
    expect(hasEnded).toBe(true);
  });
});
