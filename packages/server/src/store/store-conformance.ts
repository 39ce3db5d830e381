import { describe } from 'vitest';
import { describeAtomicity } from './conformance/atomicity.ts';
import { describeHistory } from './conformance/history.ts';
import { describeIdempotencyRecords } from './conformance/idempotency-records.ts';
import { describeLedger } from './conformance/ledger.ts';
import { describeRandomChanges } from './conformance/random-changes.ts';
import { describeResources } from './conformance/resources.ts';
import type { MakeStore } from './conformance/samples.ts';
import { describeWork } from './conformance/work.ts';

/** What every adapter behind the {@link Store} port has to do, run on the real engine: each test gets a store of its own. `randomRuns`: sequences of changes. */
export function describeStore(name: string, makeStore: MakeStore, randomRuns = 60): void {
  describe(name, () => {
    describe('resources', () => describeResources(makeStore));
    describe('atomicity', () => describeAtomicity(makeStore));
    describe('records', () => describeIdempotencyRecords(makeStore));
    describe('history', () => describeHistory(makeStore));
    describe('entries', () => describeLedger(makeStore));
    describe('work', () => describeWork(makeStore));
    describeRandomChanges(makeStore, randomRuns);
  });
}
