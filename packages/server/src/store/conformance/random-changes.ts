import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LeasedWork } from '../store.ts';
import { KEYS, SCOPES, type Step, step, toChange } from './random-plan.ts';
import { AT, type MakeStore, type StoreUnderTest } from './samples.ts';
import { StoreModel } from './store-model.ts';

/** One random history: a store and its model, and what the callers know. */
interface Run {
  readonly test: StoreUnderTest;
  readonly model: StoreModel;
  readonly leases: LeasedWork[];
  /** How often each outcome was met, over all histories. */
  readonly met: Map<string, number>;
  now: number;
  serial: number;
}

function count(met: Map<string, number>, outcome = 'none'): void {
  met.set(outcome, (met.get(outcome) ?? 0) + 1);
}

type Steps = { [D in Step['does']]: (run: Run, what: Extract<Step, { does: D }>) => Promise<void> };

const STEPS: Steps = {
  async commit({ test, model, leases, met, now, serial }, { changes }) {
    // NOTE: a change is plain data; a store may be in another thread.
    const handedIn = changes.map((plan, index) => structuredClone(toChange(plan, model, leases, now, `${serial}.${index}`)));
    const outcomes = await Promise.all(handedIn.map((change) => test.store.commit(change)));
    for (const [index, change] of handedIn.entries()) {
      const outcome = outcomes[index];
      const revision = outcome?.outcome === 'written' ? outcome.revision : model.revision + 1;
      expect(outcome).toEqual(model.apply(change, revision, test.clock.monotonic()));
      count(met, outcome?.outcome);
    }
  },
  async lease({ test, model, leases }, { limit, leaseMs }) {
    const now = test.clock.monotonic();
    const ready = model.ready(now).slice(0, limit);
    const leased = await test.store.leaseWork({ owner: 'me', leaseMs, limit });
    const readyAt = leased.map(({ key }) => model.ready(now).find((item) => JSON.stringify(item.key) === JSON.stringify(key))?.readyAt);
    expect(readyAt).toEqual(ready.map((item) => item.readyAt));
    for (const work of leased) model.leased(work, now + leaseMs);
    leases.unshift(...leased);
  },
  async finish({ test, model, leases, met }, { lease, dueInMs }) {
    const work = leases[lease % leases.length];
    if (!work) return;
    const next = dueInMs === null ? 'done' : { afterMs: dueInMs };
    const outcome = await test.store.finishWork(work, next);
    expect(outcome).toBe(model.finish(work, next, test.clock.monotonic()));
    count(met, outcome);
  },
  async wait(run, { ms }) {
    run.now += ms;
    await run.test.clock.advance(ms);
  },
  async forget({ test, model, now }) {
    const expired = [...model.records.values()].filter(({ expiresAt }) => expiresAt <= now);
    expect(await test.store.forgetIdempotencyRecords(now)).toBe(expired.length);
    for (const { scope } of expired) model.records.delete(scope);
  },
  async reopen({ test, model }) {
    await test.reopen();
    model.reopened();
  },
};

/** Everything that can be read is as the model says. */
async function expectSame({ test: { store, clock }, model, now }: Run): Promise<void> {
  for (const kind of ['tenant', 'cluster', 'api-key'] as const) expect(await store.list(kind)).toEqual(model.list(kind));
  for (const key of KEYS) expect(await store.get(key)).toEqual(model.get(key));
  expect(await store.events(0, 10_000)).toEqual(model.events);
  expect(await store.audit('acme', 10_000)).toEqual(model.audit.toReversed());
  for (const tenant of ['acme', 'other']) expect(await store.ledger(tenant, 0, 10_000)).toEqual(model.ledger.get(tenant) ?? []);
  expect(await store.nextWorkInMs()).toBe(model.nextWorkInMs(clock.monotonic()));
  for (const scope of SCOPES) {
    const record = model.records.get(scope);
    expect(await store.idempotencyRecord(scope, now)).toEqual(record && record.expiresAt > now ? record : undefined);
  }
}

export function describeRandomChanges(makeStore: MakeStore, runs: number): void {
  describe('any sequence of changes', () => {
    it('leaves the store as the model, step by step', { timeout: 60_000 }, async () => {
      const met = new Map<string, number>();
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60, size: '+1' }), async (steps) => {
          const test = await makeStore();
          const run: Run = { test, model: new StoreModel(), leases: [], met, now: AT, serial: 0 };
          try {
            for (const what of steps) {
              run.serial += 1;
              await STEPS[what.does](run, what as never);
              await expectSame(run);
            }
          } finally {
            await test.discard();
          }
        }),
        { numRuns: runs },
      );
      expect([...met.keys()].sort()).toEqual(['exists', 'finished', 'lost', 'missing', 'repeated', 'stale', 'written']);
    });
  });
}
