import { expect, it } from 'vitest';
import { createOverload, type Permit, type Priority, priorityOf } from './overload.ts';

const PRIORITIES = ['repeated-list', 'list', 'write', 'read'] as const;

function setUp(mostRunning = 100) {
  const now = { ms: 0 };
  const overload = createOverload({ clock: { monotonic: () => now.ms }, mostRunning });
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
  const { overload, admit } = setUp(1);
  const slow = admit();
  slow.suspend();
  const other = admit();
  expect(slow.resume(false)).toMatchObject({ isAdmitted: false, reason: 'overload' });
  other[Symbol.dispose]();
  expect(slow.resume(true)).toMatchObject({ reason: 'deadline' });
  expect([slow.resume(false), overload.running]).toEqual([undefined, 1]);
  slow[Symbol.dispose]();
  const left = admit();
  left.suspend();
  left[Symbol.dispose]();
  expect(overload.running).toBe(0);
});

it('spaces the returns of the refused as wide as requests finish', () => {
  const { now, admit, waitOf } = setUp(10);
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
  const { now, admit, waitOf } = setUp(10);
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
