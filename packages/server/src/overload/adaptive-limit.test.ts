import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { createAdaptiveLimit } from './adaptive-limit.ts';
import { createOverloadGuard, type Place } from './overload.ts';

function setUp(options: { initial?: number; least?: number } = {}) {
  let nowMs = 0;
  let delayMs = 0;
  const guard = createOverloadGuard({
    clock: { monotonic: () => nowMs },
    loopDelayMs: () => delayMs,
    initial: 1000,
    least: 200,
    ...options,
  });
  return {
    guard,
    pass: (ms: number) => {
      nowMs += ms;
    },
    delay: (ms: number) => {
      delayMs = ms;
    },
    get nowMs() {
      return nowMs;
    },
  };
}

describe('a calm process, which has never more than one request in flight', () => {
  it('keeps its limit through stretches of slow work and of quick work', () => {
    const random = createSeededRandom(1);
    const { guard, pass } = setUp();
    for (let request = 0; request < 20_000; request += 1) {
      const isWrite = Math.floor(request / 40) % 5 === 0;
      const admission = guard.admit({ priority: isWrite ? 'write' : 'status-read' });
      pass(isWrite ? 6 + random.unit() : 1 + random.unit() / 4);
      if (admission.isAdmitted) admission.end();
      pass(50);
    }
    expect(guard.limit).toBe(1000);
  });

  it('keeps it through a stall of the event loop a minute', () => {
    const calm = setUp();
    for (let request = 0; request < 60 * 40 * 10; request += 1) {
      calm.delay(Math.floor(calm.nowMs / 1000) % 60 === 0 ? 100 : 0);
      const admission = calm.guard.admit({ priority: 'status-read' });
      calm.pass(1);
      if (admission.isAdmitted) admission.end();
      calm.pass(24);
    }
    expect(calm.guard.limit).toBe(1000);
  });
});

/** Keeps `many` requests running, each for as long as `durationMs` tells, until so many have finished. */
function keepRunning({ guard, pass }: ReturnType<typeof setUp>, many: number, finishes: number, durationMs: (at: number) => number) {
  const running: Place[] = [];
  let refused = 0;
  for (let at = 0; at < finishes; at += 1) {
    while (running.length < many) {
      const admission = guard.admit({ priority: 'status-read', kind: at % 2 === 0 ? 'read' : 'write' });
      if (!admission.isAdmitted) {
        refused += 1;
        break;
      }
      running.push(admission);
    }
    pass(durationMs(at) / many);
    running.shift()?.end();
  }
  for (const { end } of running) end();
  return refused;
}

describe('after an overload', () => {
  const overloaded = () => {
    const process = setUp();
    keepRunning(process, 600, 2_000, () => 50);
    keepRunning(process, 600, 4_000, () => 2_000);
    expect(process.guard.limit).toBeLessThan(300);
    return process;
  };

  it('the limit comes back with time alone', () => {
    const { guard, pass } = overloaded();
    pass(10_000);
    expect(guard.limit).toBeGreaterThan(600);
    pass(60_000);
    expect(guard.limit).toBe(999);
  });

  it('it comes back under a light load, too', () => {
    const process = overloaded();
    keepRunning(process, 3, 60_000, () => 3);
    expect(process.guard.limit).toBeGreaterThan(990);
  });

  it('it does not come back while the overload lasts', () => {
    const process = overloaded();
    keepRunning(process, 600, 10_000, () => 5_000);
    expect(process.guard.limit).toBeLessThan(300);
  });
});

describe('a busy process', () => {
  const work = (options: { finishes: number; durationMs: (at: number) => number; kind: (at: number) => string; everyMs?: number }) => {
    const limit = createAdaptiveLimit({ initial: 100, least: 10, most: 100, loopDelayMs: () => 0 });
    for (let at = 0; at < options.finishes; at += 1) {
      const nowMs = (at + 1) * (options.everyMs ?? 5);
      limit.sample({ kind: options.kind(at), durationMs: options.durationMs(at), inFlight: 80, nowMs });
    }
    return limit.limit;
  };

  it('is not suspected for what its requests are: quick ones, then slow ones', () => {
    const isWrite = (at: number) => Math.floor(at / 40) % 5 === 0;
    expect(work({ finishes: 20_000, kind: (at) => (isWrite(at) ? 'write' : 'read'), durationMs: (at) => (isWrite(at) ? 60 : 5) })).toBe(
      100,
    );
  });

  it('is suspected when what it does takes longer than it did', () => {
    const kind = (at: number) => (at % 2 ? 'write' : 'read');
    const durationMs = (at: number) => (at % 2 ? 60 : 5) * (at < 2_000 ? 1 : 10);
    expect(work({ finishes: 2_000, kind, durationMs })).toBe(100);
    expect(work({ finishes: 2_200, kind, durationMs })).toBeLessThan(60);
  });

  it('is not suspected as long as everybody is answered within a tenth of a second', () => {
    expect(work({ finishes: 4_000, kind: () => 'read', durationMs: (at) => (at < 2_000 ? 2 : 95) })).toBe(100);
  });

  it('is not suspected for a burst, which is over before much can be learned from it', () => {
    const durationMs = (at: number) => (at < 2_000 ? 5 : 500);
    expect(work({ finishes: 2_600, kind: () => 'read', durationMs, everyMs: 0.25 })).toBeGreaterThan(75);
  });
});
