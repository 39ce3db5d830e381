import { createManualClock, type ManualClock } from '@openkupe/contract/testing/manual-clock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Change, ListedKey } from '../store/store.ts';
import { resync } from './resync.ts';

const clusters = Array.from({ length: 60 }, (_, at): ListedKey => ({ kind: 'cluster', tenant: 't', name: `c${1_000 + at}` }));
const tenants: readonly ListedKey[] = [
  { kind: 'tenant', tenant: 'a', name: 'a', deletedAt: 1 },
  { kind: 'tenant', tenant: 't', name: 't' },
];

describe('the resync after a start', () => {
  let clock: ManualClock;
  let stopping: AbortController;
  let batches: number[];
  let woken: string[];
  let failures: number;
  let complaints: string[];
  let batchMs: number;
  beforeEach(() => {
    clock = createManualClock();
    stopping = new AbortController();
    [batches, woken, complaints] = [[], [], []];
    [failures, batchMs] = [0, 0];
  });

  function start(): Promise<void> {
    const complain = (_fields: object, message: string) => complaints.push(message);
    const store = {
      async keysAfter(kind: string, after: { name: string } | undefined, limit: number) {
        if (failures-- > 0) throw new Error('not now');
        const all = kind === 'cluster' ? clusters : kind === 'tenant' ? tenants : [];
        return all.filter(({ name }) => name > (after?.name ?? '')).slice(0, limit) as never;
      },
      async commit({ wake = [] }: Change) {
        batches.push(wake.length);
        woken.push(...wake.map(({ name }) => name));
        return { outcome: 'written', revision: 1 } as const;
      },
    };
    const log = { info: () => {}, warn: complain, error: complain };
    return resync({ store, clock, log, untilNothingDue: () => clock.sleep(batchMs) }, stopping.signal);
  }

  it('reaches every cluster and every tenant that is being deleted, in batches', async () => {
    await clock.runUntil(start());
    expect(woken).toEqual([...clusters.map(({ name }) => name), 'a']);
    expect(batches).toEqual([25, 25, 10, 1]);
  });

  it('waits for a batch, and then nine times as long', async () => {
    batchMs = 1_000;
    const ended = start();
    await clock.advance(9_999);
    expect(batches).toEqual([25]);
    await clock.advance(1);
    expect(batches).toEqual([25, 25]);
    await clock.runUntil(ended);
    expect(clock.monotonic()).toBe(3 * 10_000 + 1_000);
  });

  it('tries again when the store does not answer', async () => {
    failures = 2;
    await clock.runUntil(start());
    expect(woken).toHaveLength(61);
    expect(complaints).toHaveLength(2);
  });

  it('ends in a pause when it is to stop', async () => {
    batchMs = 1_000;
    const ended = start();
    await clock.advance(2_000);
    stopping.abort();
    await ended;
    expect(batches).toEqual([25]);
    expect(clock.sleeping).toBe(0);
  });
});
