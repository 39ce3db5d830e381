import { expect, it } from 'vitest';
import { createOverload, type Permit, type Priority, priorityOf } from './overload.ts';

const PRIORITIES = ['repeated-list', 'list', 'write', 'read'] as const;

function setUp(caps = { running: 100, delayMs: 200 }) {
  const now = { ms: 0, delayMs: 0 };
  const overload = createOverload({ clock: { monotonic: () => now.ms }, delayMs: () => now.delayMs, caps });
  const admit = (priority: Priority = 'read'): Permit => {
    const permit = overload.admit({ priority });
    if (!permit.isAdmitted) throw new Error('refused');
    return permit;
  };
  const waitOf = (priority: Priority = 'read') => {
    const refusal = overload.admit({ priority });
    return refusal.isAdmitted ? 0 : refusal.retryAfterMs;
  };
  return { now, overload, admit, waitOf };
}

it('shuts out repeated lists first and reads last when too many run', () => {
  const { overload } = setUp();
  const fill = (priority: Priority) => {
    let admitted = 0;
    while (overload.admit({ priority }).isAdmitted) admitted += 1;
    return admitted;
  };
  expect(PRIORITIES.map(fill)).toEqual([50, 25, 15, 10]);
});

it('shuts them out in the same order when the event loop is late, and lets them in when it is not', () => {
  const { now, overload } = setUp();
  const admittedAt = (delayMs: number) => {
    now.delayMs = delayMs;
    return PRIORITIES.filter((priority) => overload.admit({ priority }).isAdmitted);
  };
  expect(admittedAt(100)).toEqual(PRIORITIES);
  expect(admittedAt(101)).toEqual(['list', 'write', 'read']);
  expect(admittedAt(151)).toEqual(['write', 'read']);
  expect(admittedAt(181)).toEqual(['read']);
  expect(admittedAt(201)).toEqual([]);
  expect(admittedAt(0)).toEqual(PRIORITIES);
});

it('gives the right to run back once, when the permit is disposed of', () => {
  const { overload, admit } = setUp();
  {
    using permit = admit();
    expect([permit.isAdmitted, overload.running]).toEqual([true, 1]);
  }
  const permit = admit();
  permit[Symbol.dispose]();
  permit[Symbol.dispose]();
  expect(overload.running).toBe(0);
});

it('counts a request as running no longer while its client is waited for', () => {
  const { now, overload, admit } = setUp({ running: 1, delayMs: 200 });
  const slow = admit();
  slow.suspend();
  const other = admit();
  expect(slow.resume(false)).toMatchObject({ isAdmitted: false, reason: 'overload' });
  other[Symbol.dispose]();
  expect(slow.resume(true)).toMatchObject({ reason: 'deadline' });
  now.delayMs = 201;
  expect(slow.resume(false)).toMatchObject({ reason: 'overload' });
  now.delayMs = 0;
  expect([slow.resume(false), overload.running]).toEqual([undefined, 1]);
  slow[Symbol.dispose]();
  const left = admit();
  left.suspend();
  left[Symbol.dispose]();
  expect(overload.running).toBe(0);
});

it('spaces the returns of the refused as wide as requests finish', () => {
  const { now, admit, waitOf } = setUp({ running: 10, delayMs: 200 });
  // Ten a second finish.
  for (let request = 0; request < 100; request += 1) {
    using _permit = admit('list');
    now.ms += 100;
  }
  for (let request = 0; request < 10; request += 1) admit();
  const waits = Array.from({ length: 30 }, () => Math.ceil(waitOf() / 1_000));
  expect([1, 2, 3].map((second) => waits.filter((wait) => wait === second).length)).toEqual([10, 10, 10]);
});

it('spaces them by the speed it has when it is busy, however long it was idle, and never beyond half a minute', () => {
  const { now, admit, waitOf } = setUp({ running: 10, delayMs: 200 });
  for (let request = 0; request < 1_000; request += 1) {
    using _permit = admit('list');
    now.ms += 1;
  }
  now.ms += 3_600_000;
  for (let request = 0; request < 10; request += 1) admit();
  const waits = Array.from({ length: 40_000 }, () => Math.ceil(waitOf() / 1_000));
  expect(waits.filter((wait) => wait === 1).length).toBeGreaterThan(900);
  expect(Math.max(...waits)).toBe(30);
});

it('does nothing for a caller that has stopped waiting', () => {
  const { overload } = setUp();
  expect(overload.admit({ priority: 'write', hasExpired: true })).toMatchObject({ isAdmitted: false, reason: 'deadline' });
  expect(overload.admit({ priority: 'write', hasExpired: false }).isAdmitted).toBe(true);
  expect([overload.running, overload.counters]).toEqual([1, { admitted: 1, refused: 0, expired: 1 }]);
});

it('makes a repeated attempt yield to a first one', () => {
  const read = { method: 'GET', isList: false };
  expect(priorityOf({ ...read, isRepeated: false })).toBe('read');
  expect(priorityOf({ ...read, isRepeated: true })).toBe('write');
  expect(priorityOf({ ...read, method: 'PATCH', isRepeated: true })).toBe('list');
  expect(priorityOf({ ...read, isList: true, isRepeated: true })).toBe('repeated-list');
});
