import fc from 'fast-check';
import type { ResourceKey } from '../resource.ts';
import type { Change, LeasedWork, Write } from '../store.ts';
import { filled } from './filled.ts';
import { RECORD } from './samples.ts';
import type { StoreModel } from './store-model.ts';

/** Few keys, so that random changes meet each other. */
export const KEYS: readonly ResourceKey[] = [
  { kind: 'tenant', tenant: 'acme', name: 'acme' },
  { kind: 'cluster', tenant: 'acme', name: 'web' },
  { kind: 'cluster', tenant: 'other', name: 'web' },
  { kind: 'api-key', tenant: 'acme', name: 'k1' },
  { kind: 'api-key', tenant: 'other', name: 'k1' },
];
export const SCOPES = ['s1', 's2'] as const;

function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

/** What a random caller intends; it becomes a change once it is known what the caller has read. */
const writePlan = fc.record({
  verb: fc.oneof(
    { weight: 5, arbitrary: fc.constant('create' as const) },
    { weight: 4, arbitrary: fc.constant('update-if' as const) },
    { weight: 4, arbitrary: fc.constant('observe-if' as const) },
    { weight: 1, arbitrary: fc.constant('mark-deleted-if' as const) },
    { weight: 1, arbitrary: fc.constant('delete-if' as const) },
  ),
  key: fc.constantFrom(...KEYS),
  isCurrent: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  isOwnUid: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  lease: seldom(fc.nat(20)),
  text: fc.string({ unit: 'binary', maxLength: 20 }),
});

/** A tenant, how much earlier than the commit it counts, and whether it has to follow the last that the caller has read, or an older one. */
const ledgerPlan = fc.record({
  tenant: fc.constantFrom('acme', 'other'),
  earlierMs: fc.constantFrom(0, 0, 500),
  follows: seldom(fc.constantFrom('last' as const, 'older' as const)),
});

const changePlan = fc.record({
  writes: fc.array(writePlan, { maxLength: 3 }),
  events: fc.array(fc.constantFrom(...KEYS), { maxLength: 2 }),
  wake: fc.array(fc.constantFrom(...KEYS), { maxLength: 2 }),
  ledger: fc.array(ledgerPlan, { maxLength: 2 }),
  isAudited: fc.boolean(),
  idempotency: seldom(fc.record({ scope: fc.constantFrom(...SCOPES), forMs: fc.integer({ min: 1, max: 200 }) })),
});

/** What happens next: commits handed in together, leases, their ends, time, restarts. */
export const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ does: fc.constant('commit' as const), changes: fc.array(changePlan, { minLength: 1, maxLength: 5 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('lease' as const),
      limit: fc.integer({ min: 1, max: 4 }),
      leaseMs: fc.integer({ min: 1, max: 400 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant('finish' as const), lease: fc.nat(20), dueInMs: fc.option(fc.integer({ min: 0, max: 400 })) }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 300 }) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('forget' as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('reopen' as const) }) },
);
export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
type WritePlan = typeof writePlan extends fc.Arbitrary<infer P> ? P : never;
type ChangePlan = typeof changePlan extends fc.Arbitrary<infer P> ? P : never;

function toWrite(plan: WritePlan, model: StoreModel, leases: readonly LeasedWork[], newUid: string): Write {
  const { verb, key, text } = plan;
  const read = model.get(key);
  const expectedVersion = plan.isCurrent ? (read?.resourceVersion ?? '1') : '0';
  const uid = plan.isOwnUid ? (read?.uid ?? 'none') : 'another';
  const lease = plan.lease === undefined ? undefined : leases[plan.lease % leases.length];
  const fence = lease ? { fence: lease } : {};
  const half = (name: 'spec' | 'observed') => filled(key.kind, name, text);
  switch (verb) {
    case 'create':
      return { verb, key, uid: newUid, spec: half('spec'), observed: half('observed') } as unknown as Write;
    case 'update-if':
      return {
        verb,
        key,
        expectedVersion,
        spec: half('spec'),
      } as unknown as Write;
    case 'observe-if':
      return {
        verb,
        key,
        uid,
        expectedObservation: plan.isCurrent ? (read?.observation ?? 0) : -1,
        observed: half('observed'),
        ...fence,
      } as unknown as Write;
    case 'mark-deleted-if':
      return { verb, key, expectedVersion } as Write;
    case 'delete-if':
      return { verb, key, uid, expectedVersion, ...fence } as Write;
  }
}

/** The change that a caller hands in who has read what the model holds now. `serial` makes uids and request ids differ. */
export function toChange(plan: ChangePlan, model: StoreModel, leases: readonly LeasedWork[], at: number, serial: string): Change {
  return {
    at,
    writes: plan.writes.map((write, index) => toWrite(write, model, leases, `${serial}.${index}`)),
    events: plan.events.map((key) => ({ key, type: 'changed', message: serial })),
    wake: plan.wake,
    ledger: plan.ledger.map(({ tenant, earlierMs, follows }, index) => ({
      tenant,
      at: at - earlierMs,
      fact: { kind: 'credit', amount: '1', reason: `${serial}.${index}` },
      ...(follows ? { follows: (model.ledger.get(tenant)?.length ?? 0) - (follows === 'last' ? 0 : 1) } : {}),
    })),
    ...(plan.isAudited
      ? {
          audit: {
            tenant: 'acme',
            actor: 'a',
            action: 'b',
            target: 'c',
            requestId: serial,
            tenantUid: '',
            targetUid: '',
            address: '',
            fields: [],
          },
        }
      : {}),
    ...(plan.idempotency && {
      idempotency: { ...RECORD, scope: plan.idempotency.scope, fingerprint: serial, expiresAt: at + plan.idempotency.forMs, nowMs: at },
    }),
  };
}
