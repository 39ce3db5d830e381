import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.ts';
import { createSandboxClock } from './sandbox-clock.ts';

const START_MS = Date.UTC(2026, 0, 1);

function started() {
  const machine = createManualClock(START_MS);
  const clock = createSandboxClock({ startMs: Date.UTC(2030, 0, 1), machine });
  const woken: string[] = [];
  const note = (name: string, ms: number) => void clock.sleep(ms).then(() => woken.push(`${name} at ${clock.monotonic()}`));
  return { machine, clock, woken, note };
}

describe('the clock of a sandbox', () => {
  it('runs as the machine does, from its own start', async () => {
    const { machine, clock, woken, note } = started();
    note('late', 2_000);
    note('early', 1_000);
    await machine.advance(1_500);
    expect([new Date(clock.now()).toISOString(), woken]).toEqual(['2030-01-01T00:00:01.500Z', ['early at 1000']]);
    await machine.advance(500);
    expect(woken).toEqual(['early at 1000', 'late at 2000']);
  });

  it('stands while it is frozen, and goes on from there', async () => {
    const { machine, clock, woken, note } = started();
    note('a', 1_000);
    clock.freeze();
    await machine.advance(10_000);
    expect([clock.monotonic(), woken, machine.sleeping]).toEqual([0, [], 0]);
    clock.resume();
    await machine.advance(1_000);
    expect(woken).toEqual(['a at 1000']);
  });

  it('wakes everything that is due in order when it is moved, also what begins to sleep meanwhile', async () => {
    const { clock, woken, note } = started();
    clock.freeze();
    note('b', 5_000);
    void clock.sleep(1_000).then(() => note('a', 500));
    await clock.advance(4_999);
    expect(woken).toEqual(['a at 1500']);
    await clock.advance(1);
    expect([woken, clock.isFrozen]).toEqual([['a at 1500', 'b at 5000'], true]);
  });

  it('runs on after it was moved, unless it was frozen meanwhile', async () => {
    const { machine, clock } = started();
    await clock.advance(60_000);
    await machine.advance(1_000);
    expect(clock.monotonic()).toBe(61_000);
    const moved = clock.advance(60_000);
    clock.freeze();
    await moved;
    await machine.advance(1_000);
    expect(clock.monotonic()).toBe(121_000);
  });

  it('passes a month in steps, and ends exactly', async () => {
    const { clock } = started();
    clock.freeze();
    let ticks = 0;
    const stop = new AbortController();
    const tick = async () => {
      for (;;) {
        await clock.sleep(5_000, stop.signal);
        ticks += 1;
      }
    };
    const ticking = tick().catch(() => {});
    await clock.advance(parseDuration('31d'));
    stop.abort();
    await ticking;
    expect(clock.monotonic()).toBe(31 * 86_400_000);
    expect(ticks).toBeGreaterThan(600);
    expect(ticks).toBeLessThan(1_500);
  });

  it('rejects a sleep that is aborted, and leaves no timer', async () => {
    const { machine, clock } = started();
    const stop = new AbortController();
    const sleeping = clock.sleep(1_000, stop.signal);
    stop.abort(new Error('over'));
    await expect(sleeping).rejects.toThrow('over');
    clock.freeze();
    expect(machine.sleeping).toBe(0);
  });
});

it.each([
  ['1500ms', 1_500],
  ['90s', 90_000],
  ['1.5h', 5_400_000],
  ['31d', 2_678_400_000],
])('%s is a duration', (text, ms) => expect(parseDuration(text)).toBe(ms));

it.each(['', '10', '10x', '-1s', '99999d', '1e3s'])('%j is none', (text) => {
  expect(() => parseDuration(text)).toThrow('is no duration; write one such as');
});
