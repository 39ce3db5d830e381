import { describe, expect, it } from 'vitest';
import { formatTime, systemClock } from './clock.ts';
import { createManualClock } from './testing/manual-clock.ts';

describe('the system clock', () => {
  it('sleeps, and wakes at once when aborted', async () => {
    const before = systemClock.monotonic();
    await systemClock.sleep(20);
    expect(systemClock.monotonic() - before).toBeGreaterThanOrEqual(19);
    const aborter = new AbortController();
    const sleep = systemClock.sleep(60_000, aborter.signal);
    aborter.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
    await expect(systemClock.sleep(1, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
  });

  it('sleeps longer than a timer can, instead of not at all', async () => {
    const aborter = new AbortController();
    let isAwake = false;
    const sleep = systemClock.sleep(2 ** 32, aborter.signal).then(
      () => {
        isAwake = true;
      },
      () => {},
    );
    await systemClock.sleep(20);
    expect(isAwake).toBe(false);
    aborter.abort();
    await sleep;
  });
});

describe('the manual clock', () => {
  it('wakes sleepers in the order of their time, and leaves none after an abort', async () => {
    const clock = createManualClock(0);
    const woken: string[] = [];
    const aborter = new AbortController();
    void clock.sleep(30).then(() => woken.push(`c${clock.now()}`));
    void clock.sleep(10).then(() => woken.push(`a${clock.now()}`));
    void clock.sleep(20, aborter.signal).catch(() => woken.push('b'));
    aborter.abort();
    await clock.advance(40);
    expect(woken).toEqual(['b', 'a10', 'c30']);
    expect([clock.now(), clock.sleeping]).toEqual([40, 0]);
  });
});

it('prints RFC 3339 in UTC', () => expect(formatTime(Date.UTC(2026, 3, 6, 12))).toBe('2026-04-06T12:00:00Z'));
