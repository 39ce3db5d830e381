import { expect, it } from 'vitest';
import type { AlertmanagerObserved, Resource } from '../store/resource.ts';
import type { DeliveryResult, DocumentRefusal } from './alertmanager-target.ts';
import { deliveryStatus } from './delivery-status.ts';
import { isPending, nextStatus, pendingSince } from './next-status.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const rowOf = (generation: number, observed: AlertmanagerObserved = {}): Resource<'alertmanager'> => ({
  kind: 'alertmanager',
  tenant: 'acme',
  name: 'acme',
  uid: 'u',
  resourceVersion: '7',
  observation: 0,
  generation,
  createdAt: NOW,
  spec: { sealed: `sealed-${generation}`, changedAt: { global: 0, routes: 0, receivers: {} } },
  observed,
});
const taken = (refusal?: DocumentRefusal): DeliveryResult => ({
  outcome: 'taken',
  version: '0.25.0',
  refusals: new Map(refusal ? [['acme', refusal]] : []),
});
const AWAY: DeliveryResult = { outcome: 'unavailable', message: 'it cannot take it', detail: 'ECONNREFUSED 10.0.0.1' };
const delivered = (generation: number) => ({ generation, at: NOW, sealed: `sealed-${generation}` });
const rejected = (generation: number) => ({ generation, at: NOW, message: 'no', by: '0.25.0' });

it('a document that is taken is in force, as it was sealed', () => {
  const observed = nextStatus(rowOf(2, { rejected: rejected(1), waiting: { generation: 2, since: 1, message: 'x' } }), taken(), NOW);
  expect(observed).toEqual({ delivered: delivered(2) });
  expect(deliveryStatus(rowOf(2, observed), true)).toEqual({
    phase: 'Delivered',
    message: '',
    revision: 2,
    deliveredRevision: 2,
    deliveredAt: '2026-01-01T00:00:00Z',
  });
});

it.each([
  ['taken', { delivered: delivered(2) }, taken()],
  ['in force while Alertmanager is away', { delivered: delivered(2) }, AWAY],
  ['refused', { delivered: delivered(1), rejected: rejected(2) }, taken({ message: 'no', isFormerKept: true })],
  ['refused while Alertmanager is away', { rejected: rejected(2) }, AWAY],
  ['waiting', { waiting: { generation: 2, since: 5, message: 'it cannot take it' } }, AWAY],
])('what is still %s is not written again', (_what, observed, result) => {
  const row = rowOf(2, observed);
  expect(nextStatus(row, result, NOW + 1_000)).toBe(row.observed);
});

it('a refused document leaves the former one in force, and says so', () => {
  const observed = nextStatus(rowOf(2, { delivered: delivered(1) }), taken({ message: 'no', isFormerKept: true }), NOW);
  expect(observed).toEqual({ delivered: delivered(1), rejected: rejected(2) });
  expect(deliveryStatus(rowOf(2, observed), true)).toMatchObject({ phase: 'Rejected', message: 'rejected: no', deliveredRevision: 1 });
  expect(deliveryStatus(rowOf(3, observed), true)).toMatchObject({ phase: 'Pending', revision: 3, deliveredRevision: 1 });
});

it('what is not in force any more is not said to be', () => {
  const refused = taken({ message: 'no', isFormerKept: false });
  expect(nextStatus(rowOf(2, { delivered: delivered(2) }), refused, NOW)).toEqual({ rejected: rejected(2) });
  expect(nextStatus(rowOf(2, { delivered: delivered(1) }), refused, NOW)).toEqual({ rejected: rejected(2) });
});

it('waits since the first failure, and says nothing about the network', () => {
  const first = nextStatus(rowOf(2, { delivered: delivered(1) }), AWAY, NOW);
  const later = nextStatus(rowOf(3, first), AWAY, NOW + 60_000);
  expect(later.waiting).toEqual({ generation: 3, since: NOW, message: 'it cannot take it' });
  expect([isPending(rowOf(3, later)), pendingSince(rowOf(3, later), NOW + 90_000)]).toEqual([true, NOW]);
  expect(deliveryStatus(rowOf(3, later), true)).toMatchObject({ phase: 'Pending', message: 'it cannot take it', deliveredRevision: 1 });
});

it('without an Alertmanager it is stored, not delivered', () => {
  const status = deliveryStatus(rowOf(2, { delivered: delivered(2) }), false);
  expect([status.phase, status.message.startsWith('stored, not delivered')]).toEqual(['Stored', true]);
  expect(deliveryStatus(undefined, true)).toEqual({ phase: 'Delivered', message: '', revision: 0 });
});
