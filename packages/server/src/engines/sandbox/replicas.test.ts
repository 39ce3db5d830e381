import { describe, expect, it } from 'vitest';
import type { ClusterSpec } from '../../store/resource.ts';
import type { Fault } from './faults.ts';
import { firstApplied, observationAt } from './life-cycle.ts';

const DURATIONS = { provisioningMs: 8_000, upgradingMs: 12_000, terminatingMs: 3_000 };
const SPEC: ClusterSpec = { displayName: 'x', type: 'shared', version: '1.32', resources: {}, highAvailability: true };

function replicasAt(now: number, options: { fault?: Fault; durations?: typeof DURATIONS; highAvailability?: boolean } = {}) {
  const { fault, durations = DURATIONS, highAvailability = true } = options;
  const applied = { generation: 1, spec: { ...SPEC, highAvailability }, version: 'v1.32.3' };
  const authority = { certificatePem: '', privateKeyPem: '' };
  const record = firstApplied({ tenant: 'acme', name: 'x', uid: 'u', type: 'shared' }, applied, authority, durations, 0);
  return observationAt(record, now, fault, true).replicas;
}

describe('the replicas of a sandbox cluster', () => {
  it.each([
    [0, 0],
    [7_999, 0],
    [8_000, 1],
    [9_999, 1],
    [10_000, 2],
    [12_000, 3],
    [1_000_000, 3],
  ])('come up one after the other: at %d ms there are %d', (now, count) => {
    expect(replicasAt(now)).toEqual({ controlPlane: count, etcd: count });
  });

  it('are all there at once where nothing takes time', () => {
    expect(replicasAt(0, { durations: { ...DURATIONS, provisioningMs: 0 } })).toEqual({ controlPlane: 3, etcd: 3 });
  });

  it('are lost on demand', () => {
    expect(replicasAt(20_000, { fault: 'replica-lost' })).toEqual({ controlPlane: 2, etcd: 2 });
    expect(replicasAt(20_000, { fault: 'quorum-lost' })).toEqual({ controlPlane: 3, etcd: 1 });
  });

  it('are not spoken of without high availability', () => {
    expect(replicasAt(20_000, { highAvailability: false })).toBeUndefined();
    expect(replicasAt(20_000, { highAvailability: false, fault: 'quorum-lost' })).toBeUndefined();
  });
});
