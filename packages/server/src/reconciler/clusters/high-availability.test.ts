import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClusterObserved, HighAvailabilityObserved, Resource } from '../../store/resource.ts';
import { availabilitySentence, nextHighAvailability } from './high-availability.ts';
import type { ClusterObservation } from './next-status.ts';
import { planCluster } from './plan-cluster.ts';
import { CLUSTER_TIMING } from './timing.ts';

const NOW = 10_000_000;
const ACCESS = { endpoint: 'https://127.0.0.1:1', caPem: 'CA' };
const RUNNING: ClusterObserved = {
  acceptedAt: 1,
  readyAt: 2,
  observedGeneration: 1,
  kubernetesVersion: 'v1.32.3',
  waitingFor: '',
  ...ACCESS,
};

function clusterOf(before?: HighAvailabilityObserved, isWanted = true): Resource<'cluster'> {
  return {
    kind: 'cluster',
    tenant: 'acme',
    name: 'x',
    uid: 'u',
    resourceVersion: '1',
    observation: 0,
    generation: 1,
    createdAt: 0,
    spec: { displayName: '', type: 'shared', version: '1.32', resources: {}, highAvailability: isWanted },
    observed: { ...RUNNING, ...(before ? { highAvailability: before } : {}) },
  };
}

const seen = (controlPlane?: number, etcd = controlPlane ?? 0): ClusterObservation => ({
  access: ACCESS,
  exists: true,
  isReady: true,
  isRolledOut: true,
  appliedGeneration: 1,
  runningVersion: 'v1.32.3',
  reason: '',
  isFaulty: false,
  ...(controlPlane === undefined ? {} : { replicas: { controlPlane, etcd } }),
});
const HEALTHY: HighAvailabilityObserved = { phase: 'ha-healthy', replicasReady: 3, etcdReplicasReady: 3, enabledAt: 5 };
const PENDING: HighAvailabilityObserved = { phase: 'pending', replicasReady: 1, etcdReplicasReady: 1 };

describe('high availability', () => {
  it.each([
    [undefined, 1, 1, 'pending', undefined],
    [PENDING, 3, 2, 'pending', undefined],
    [PENDING, 3, 3, 'ha-healthy', NOW],
    [HEALTHY, 2, 3, 'ha-degraded', 5],
    [HEALTHY, 3, 2, 'ha-degraded', 5],
    [HEALTHY, 1, 2, 'ha-degraded', 5],
    [HEALTHY, 3, 1, 'ha-unavailable', 5],
    [HEALTHY, 0, 3, 'ha-unavailable', 5],
    [{ ...HEALTHY, phase: 'ha-unavailable' } as const, 3, 3, 'ha-healthy', 5],
  ])('after %j with %d and %d replicas is %s, enabled at %s', (before, controlPlane, etcd, phase, enabledAt) => {
    const now = nextHighAvailability(clusterOf(before), seen(controlPlane, etcd), 2, NOW);
    expect([now?.phase, now?.enabledAt]).toEqual([phase, enabledAt]);
  });

  it('is enabled only once the cluster itself was ready', () => {
    expect(nextHighAvailability(clusterOf(), seen(3), undefined, NOW)).toMatchObject({ phase: 'pending' });
  });

  it('stays as it was while the engine cannot be asked or says nothing of replicas', () => {
    expect(nextHighAvailability(clusterOf(HEALTHY), undefined, 2, NOW)).toBe(HEALTHY);
    expect(nextHighAvailability(clusterOf(HEALTHY), seen(), 2, NOW)).toBe(HEALTHY);
  });

  it('is not recorded for a cluster that does not ask for it', () => {
    expect(nextHighAvailability(clusterOf(undefined, false), seen(3), 2, NOW)).toBeUndefined();
  });

  it('once enabled is never enabled again and never cleared, whatever is seen', () => {
    const counts = fc.integer({ min: 0, max: 3 });
    const observations = fc.array(fc.option(fc.tuple(counts, counts)), { maxLength: 20 });
    fc.assert(
      fc.property(observations, (looks) => {
        let state: HighAvailabilityObserved | undefined;
        for (const [index, look] of looks.entries()) {
          const next = nextHighAvailability(clusterOf(state), look ? seen(...look) : undefined, 2, NOW + index);
          if (state?.enabledAt !== undefined) expect(next?.enabledAt).toBe(state.enabledAt);
          expect(next?.enabledAt === undefined).toBe(next === undefined || next.phase === 'pending');
          state = next;
        }
      }),
    );
  });
});

describe('the plan for a highly available cluster', () => {
  const timing = { ...CLUSTER_TIMING, workedMs: 0 };
  it('looks again soon while replicas come up, and seldom afterwards', () => {
    expect(planCluster(clusterOf(PENDING), seen(1), NOW, timing)).toMatchObject({ step: 'wait', ms: timing.changingCheckMs });
    expect(planCluster(clusterOf(HEALTHY), seen(3), NOW, timing)).toMatchObject({ step: 'wait', ms: timing.steadyCheckMs });
  });

  it('records the change, once', () => {
    const step = planCluster(clusterOf(PENDING), seen(3), NOW, timing);
    expect(step).toMatchObject({ step: 'record', reason: 'availability', observed: { highAvailability: { ...HEALTHY, enabledAt: NOW } } });
    expect(planCluster(clusterOf({ ...HEALTHY, enabledAt: NOW }), seen(3), NOW + 9, timing)).toMatchObject({ step: 'wait' });
  });

  it.each([
    [HEALTHY, 'Cluster "x" is highly available: every replica is ready.'],
    [{ ...HEALTHY, phase: 'ha-degraded' } as const, 'Cluster "x" serves with fewer replicas than it should have.'],
    [{ ...HEALTHY, phase: 'ha-unavailable' } as const, 'Cluster "x" has lost its quorum.'],
    [PENDING, undefined],
  ])('tells a person', (highAvailability, sentence) => {
    expect(availabilitySentence('x', { ...RUNNING, highAvailability })).toBe(sentence);
  });
});
