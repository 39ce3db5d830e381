import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { createEventLoopDelay } from './event-loop-delay.ts';
import { createOverloadGuard, type Place, type Priority, priorityOf } from './overload.ts';

interface Running {
  readonly endsMs: number;
  end(): void;
}

/** A process that does `perSecond` requests a second and queues the rest, under `load` times what it can do. */
function simulate(options: { load: number; perSecond: number; seconds: number; isGuarded: boolean }) {
  const random = createSeededRandom(11);
  let nowMs = 0;
  const clock = { monotonic: () => nowMs, now: () => nowMs };
  const most = options.isGuarded ? 10_000 : Number.MAX_SAFE_INTEGER;
  const guard = createOverloadGuard({ clock, loopDelayMs: () => 0, initial: options.isGuarded ? 100 : most, most });
  const serviceMs = 1000 / options.perSecond;
  let freeAtMs = 0;
  const running: Running[] = [];
  const waits: number[] = [];
  let finished = 0;
  const stepMs = 1;
  for (; nowMs < options.seconds * 1000; nowMs += stepMs) {
    while (running[0] && running[0].endsMs <= nowMs) {
      running.shift()?.end();
      finished += 1;
    }
    const arrivals = (options.load * options.perSecond * stepMs) / 1000;
    for (let left = arrivals; left > random.unit(); left -= 1) {
      const admission = guard.admit({ priority: 'status-read' });
      if (!admission.isAdmitted) continue;
      freeAtMs = Math.max(freeAtMs, nowMs) + serviceMs;
      const endsMs = freeAtMs + 5;
      if (nowMs > (options.seconds * 1000) / 2) waits.push(endsMs - nowMs);
      running.push({ endsMs, end: admission.end });
    }
  }
  waits.sort((left, right) => left - right);
  return {
    goodput: finished / options.seconds / options.perSecond,
    p99Ms: waits[Math.floor(waits.length * 0.99)] ?? 0,
    limit: guard.limit,
  };
}

describe('overload', () => {
  it('is refused early: ten times the load leaves goodput whole and the admitted quick', () => {
    const guarded = simulate({ load: 10, perSecond: 500, seconds: 30, isGuarded: true });
    const open = simulate({ load: 10, perSecond: 500, seconds: 30, isGuarded: false });
    expect(guarded.goodput).toBeGreaterThan(0.95);
    expect(guarded.p99Ms).toBeLessThan(1000);
    expect(open.p99Ms).toBeGreaterThan(10_000);
  });

  it('is not suspected in a process that keeps up', () => {
    const { goodput } = simulate({ load: 0.8, perSecond: 1000, seconds: 30, isGuarded: true });
    expect(goodput).toBeGreaterThan(0.79);
  });

  it('shuts out repeated lists first and status reads last', () => {
    const clock = { monotonic: () => 0, now: () => 0 };
    const guard = createOverloadGuard({ clock, loopDelayMs: () => 0, initial: 100 });
    const fill = (priority: Priority) => {
      let admitted = 0;
      while (guard.admit({ priority }).isAdmitted) admitted += 1;
      return admitted;
    };
    expect([fill('repeated-list'), fill('list'), fill('write'), fill('status-read')]).toEqual([50, 25, 15, 10]);
  });

  it('shows in the event loop, too: a long delay takes the limit down whatever the latencies say', () => {
    let nowMs = 0;
    let delayMs = 0;
    const clock = { monotonic: () => nowMs, now: () => nowMs };
    const guard = createOverloadGuard({ clock, loopDelayMs: () => delayMs, initial: 100, most: 100 });
    const work = () => {
      const running: Place[] = [];
      for (let request = 0; request < 800; request += 1) {
        const admission = guard.admit({ priority: 'write' });
        nowMs += 5;
        if (admission.isAdmitted) running.push(admission);
        if (running.length > 60 || !admission.isAdmitted) running.shift()?.end();
      }
      for (const { end } of running) end();
    };
    work();
    expect(guard.limit).toBe(100);
    delayMs = 200;
    work();
    expect(guard.limit).toBeLessThan(20);
  });

  it('tells the truth after a quiet time: how fast it finishes when it has something to do', () => {
    let nowMs = 0;
    const guard = createOverloadGuard({ clock: { monotonic: () => nowMs }, loopDelayMs: () => 0, initial: 200, least: 200 });
    const one = () => {
      const admission = guard.admit({ priority: 'status-read' });
      nowMs += 1;
      if (admission.isAdmitted) admission.end();
    };
    for (let request = 0; request < 1000; request += 1) one();
    for (let minute = 0; minute < 60; minute += 1) {
      nowMs += 60_000;
      one();
    }
    const running: Place[] = [];
    const waits: number[] = [];
    for (let arrived = 0; arrived < 2400; arrived += 1) {
      const admission = guard.admit({ priority: 'status-read' });
      if (admission.isAdmitted) running.push(admission);
      else waits.push(Math.ceil(admission.retryAfterMs / 1000));
      if (arrived % 8 > 0) continue;
      nowMs += 1;
      running.shift()?.end();
    }
    // A thousand a second finish, about nineteen hundred were refused, and four hundred may come back in the same moment.
    expect([Math.min(...waits), Math.max(...waits)]).toEqual([1, 5]);
    expect(waits.filter((wait) => wait === 1).length).toBeGreaterThan(390);
  });

  it('keeps its promises: whoever waits as long as told is let in, although others ask all the time', () => {
    let nowMs = 0;
    const guard = createOverloadGuard({ clock: { monotonic: () => nowMs }, loopDelayMs: () => 0, initial: 100, least: 100, most: 100 });
    const running: { endsMs: number; place: Place; caller: string }[] = [];
    const wakes = new Map<string, number>(Array.from({ length: 600 }, (_, at) => [`caller ${at}`, at / 10]));
    const told = new Set<string>();
    const served = new Map<string, number>();
    const returns = { admitted: 0, refused: 0 };
    for (; nowMs < 60_000; nowMs += 10) {
      while (running[0] && running[0].endsMs <= nowMs) {
        const { place, caller } = running.shift() as (typeof running)[number];
        place.end();
        // Whoever was served asks again at once.
        wakes.set(caller, nowMs);
        served.set(caller, (served.get(caller) ?? 0) + 1);
      }
      for (const [caller, atMs] of wakes) {
        if (atMs > nowMs) continue;
        const admission = guard.admit({ priority: 'list', caller });
        if (told.delete(caller)) returns[admission.isAdmitted ? 'admitted' : 'refused'] += 1;
        wakes.delete(caller);
        if (admission.isAdmitted) running.push({ endsMs: nowMs + 100, place: admission, caller });
        else {
          told.add(caller);
          wakes.set(caller, nowMs + Math.ceil(admission.retryAfterMs / 1000) * 1000);
        }
      }
    }
    expect(returns.admitted).toBeGreaterThan(1_000);
    expect(returns.refused / (returns.admitted + returns.refused)).toBeLessThan(0.05);
    // And so everybody has a turn: nobody is left to the luck of coming in the right moment.
    expect(Math.min(...served.values()) / Math.max(...served.values())).toBeGreaterThan(0.3);
    expect(served.size).toBe(600);
  });

  it('keeps a promise once, and to no one else', () => {
    let nowMs = 0;
    const guard = createOverloadGuard({ clock: { monotonic: () => nowMs }, loopDelayMs: () => 0, initial: 10, least: 10, most: 10 });
    const ask = (caller: string) => guard.admit({ priority: 'status-read', caller }).isAdmitted;
    while (ask('a'));
    expect([ask('b'), ask('b')]).toEqual([false, false]);
    expect([ask('b'), ask('c')]).toEqual([false, false]);
    nowMs += 1_000;
    expect([ask('d'), ask('b'), ask('e'), ask('b')]).toEqual([false, true, false, true]);
    expect([ask('c'), ask('c'), ask('b'), ask('b')]).toEqual([true, false, true, false]);
  });

  it('keeps no promise for ever', () => {
    let nowMs = 0;
    const guard = createOverloadGuard({ clock: { monotonic: () => nowMs }, loopDelayMs: () => 0, initial: 10, least: 10, most: 10 });
    const ask = (caller: string) => guard.admit({ priority: 'status-read', caller }).isAdmitted;
    while (ask('a'));
    nowMs += 5_000;
    expect(ask('a')).toBe(true);
    expect([ask('a'), ask('b')]).toEqual([false, false]);
    nowMs += 7_000;
    expect([ask('a'), ask('b')]).toEqual([false, false]);
  });

  it('remembers so many promises at once, and has room again when they are over', () => {
    let nowMs = 0;
    const guard = createOverloadGuard({ clock: { monotonic: () => nowMs }, loopDelayMs: () => 0, initial: 10, least: 10, most: 10 });
    const ask = (caller: string) => guard.admit({ priority: 'status-read', caller }).isAdmitted;
    while (ask('a'));
    for (let at = 0; at < 30_000; at += 1) ask(`flood ${at}`);
    expect(ask('late')).toBe(false);
    nowMs += 30_000;
    expect(ask('late')).toBe(false);
    // One that keeps asking does not keep what is over.
    for (let second = 0; second < 10; second += 1) {
      nowMs += 1_000;
      ask('a');
    }
    expect(ask('later')).toBe(false);
    nowMs += 1_000;
    expect(ask('later')).toBe(true);
  });

  it('tells refused callers seconds in which places come free', () => {
    let nowMs = 0;
    const clock = { monotonic: () => nowMs, now: () => nowMs };
    const guard = createOverloadGuard({ clock, loopDelayMs: () => 0, initial: 10 });
    // Ten a second finish.
    for (let request = 0; request < 30; request += 1) {
      const admission = guard.admit({ priority: 'write' });
      nowMs += 100;
      if (admission.isAdmitted) admission.end();
    }
    while (guard.admit({ priority: 'status-read' }).isAdmitted);
    const waits = Array.from({ length: 30 }, () => {
      const refused = guard.admit({ priority: 'status-read' });
      return refused.isAdmitted ? 0 : Math.ceil(refused.retryAfterMs / 1000);
    });
    expect([1, 2, 3].map((second) => waits.filter((wait) => wait === second).length)).toEqual([9, 10, 10]);
  });

  it('is not made worse by work nobody waits for', () => {
    const guard = createOverloadGuard({ clock: { monotonic: () => 0 }, loopDelayMs: () => 0 });
    expect(guard.admit({ priority: 'write', hasExpired: true })).toMatchObject({ isAdmitted: false, reason: 'deadline' });
    expect(guard.admit({ priority: 'write', hasExpired: false }).isAdmitted).toBe(true);
    expect([guard.inFlight, guard.counters]).toEqual([1, { admitted: 1, refused: 0, expired: 1 }]);
  });

  it('makes a repeated attempt yield to a first one', () => {
    const read = { method: 'GET', isList: false };
    expect(priorityOf({ ...read, isRepeated: false })).toBe('status-read');
    expect(priorityOf({ ...read, isRepeated: true })).toBe('write');
    expect(priorityOf({ ...read, method: 'PATCH', isRepeated: true })).toBe('list');
    expect(priorityOf({ ...read, isList: true, isRepeated: true })).toBe('repeated-list');
  });
});

it('the event loop delay is measured on the real loop', async () => {
  const delay = createEventLoopDelay();
  await new Promise((resolve) => setTimeout(resolve, 60));
  const end = performance.now() + 150;
  while (performance.now() < end);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(delay.p99Ms()).toBeGreaterThan(80);
  delay.stop();
});
