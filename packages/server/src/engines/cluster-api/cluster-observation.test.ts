import { describe, expect, it } from 'vitest';
import { clusterObject, topologySpec } from './cluster-object.ts';
import { type Cluster, type Condition, observationOf, sentenceOf } from './cluster-observation.ts';
import { dedicated, IN_MEMORY } from './testing/settings.ts';

const REF = { tenant: 'acme', name: 'production', uid: '0a1b2c3d4e5f', type: 'dedicated' } as const;
const NOW = Date.parse('2026-06-01T12:00:00Z');
const agoOf = (seconds: number) => new Date(NOW - seconds * 1_000).toISOString();

type Status = NonNullable<Cluster['status']>;
type Tier = NonNullable<Status['workers']>;
const tier = (count: number, version = 'v1.36.3'): Tier => ({
  desiredReplicas: count,
  replicas: count,
  upToDateReplicas: count,
  readyReplicas: count,
  versions: [{ version }],
});

/** Conditions as Cluster API writes them on a Cluster that is as it should be; `changed` replaces some. */
function conditions(changed: Record<string, Partial<Condition>> = {}): Condition[] {
  const usual: Record<string, Partial<Condition>> = {
    ...Object.fromEntries(
      [
        'Available',
        'TopologyReconciled',
        'InfrastructureReady',
        'ControlPlaneInitialized',
        'ControlPlaneAvailable',
        'WorkersAvailable',
      ].map((type) => [type, { status: 'True', reason: type }]),
    ),
    RemoteConnectionProbe: { status: 'True', reason: 'ProbeSucceeded' },
    ...Object.fromEntries(
      ['RollingOut', 'ScalingUp', 'ScalingDown', 'Deleting', 'Paused'].map((type) => [type, { status: 'False', reason: `Not${type}` }]),
    ),
  };
  return Object.entries({ ...usual, ...changed }).map(([type, condition]) => ({
    type,
    status: 'False',
    reason: 'Because',
    lastTransitionTime: agoOf(5),
    ...condition,
  }));
}

function cluster(
  changed: {
    conditions?: Record<string, Partial<Condition>>;
    status?: Partial<Status>;
    spec?: object;
    metadata?: object;
    isHighlyAvailable?: boolean;
  } = {},
): Cluster {
  const { isHighlyAvailable: highAvailability = false } = changed;
  const object = clusterObject(
    REF,
    topologySpec(IN_MEMORY, REF, dedicated('1.36', { highAvailability }), { tokenWebhook: '', accessWebhook: '' }),
    2,
  );
  return {
    ...object,
    metadata: { ...object.metadata, generation: 7, ...changed.metadata },
    spec: { ...object.spec, ...changed.spec },
    status: {
      observedGeneration: 7,
      conditions: conditions(changed.conditions),
      controlPlane: tier(highAvailability ? 3 : 1),
      workers: tier(1),
      ...changed.status,
    },
  };
}
const no = (message: string, more: Partial<Condition> = {}) => ({ status: 'False', message, ...more }) as const;

describe('the observation of a Cluster', () => {
  it('is ready and rolled out where everything is as it should be', () => {
    expect(observationOf(cluster(), true, NOW)).toEqual({
      exists: true,
      isReady: true,
      isRolledOut: true,
      appliedGeneration: 2,
      runningVersion: 'v1.36.3',
      reason: '',
      isFaulty: false,
    });
  });

  it('begins with a Cluster that no controller has seen', () => {
    const { status: _, ...bare } = cluster();
    expect(observationOf(bare as Cluster, undefined, NOW)).toMatchObject({
      exists: true,
      isReady: false,
      isRolledOut: false,
      appliedGeneration: 2,
      runningVersion: '',
      reason: 'Cluster API has not reported on it yet',
    });
  });

  it.each<[string, Parameters<typeof cluster>[0], boolean | undefined]>([
    ['it is not available', { conditions: { Available: no('') } }, true],
    ['its control plane was never initialised', { conditions: { ControlPlaneInitialized: no('') } }, true],
    ['its API server does not answer', {}, false],
    ['its API server could not be asked', {}, undefined],
    ['it is being deleted', { metadata: { deletionTimestamp: agoOf(1) } }, true],
  ])('is not ready where %s', (_, changed, answers) => {
    expect(observationOf(cluster(changed), answers, NOW).isReady).toBe(false);
  });

  it.each<[string, Parameters<typeof cluster>[0]]>([
    ['the topology is not in effect', { conditions: { TopologyReconciled: no('') } }],
    ['machines are being replaced', { conditions: { RollingOut: { status: 'True', reason: 'RollingOut' } } }],
    ['no controller has seen the last change', { status: { observedGeneration: 6 } }],
    ['a worker is not ready', { status: { workers: { ...tier(1), readyReplicas: 0 } } }],
    ['a worker of the old version is still there', { status: { workers: { ...tier(1), replicas: 2 } } }],
    ['a worker is not up to date', { status: { workers: { ...tier(1), upToDateReplicas: 0 } } }],
    ['the control plane runs another version', { status: { controlPlane: tier(1, 'v1.35.4') } }],
    ['it is being deleted', { metadata: { deletionTimestamp: agoOf(1) } }],
  ])('is not rolled out where %s', (_, changed) => {
    expect(observationOf(cluster(changed), true, NOW).isRolledOut).toBe(false);
  });

  it('runs the oldest version of its control plane while it is upgraded', () => {
    const versions = [{ version: 'v1.36.3' }, { version: 'v1.9.10' }, { version: 'v1.35.4' }, { version: 'v1.9.9' }];
    expect(observationOf(cluster({ status: { controlPlane: { ...tier(1), versions } } }), true, NOW).runningVersion).toBe('v1.9.9');
  });

  it('counts replicas with high availability, those of etcd with the control plane', () => {
    const some = cluster({ isHighlyAvailable: true, status: { controlPlane: { ...tier(3), readyReplicas: 2 } } });
    expect(observationOf(some, true, NOW).replicas).toEqual({ controlPlane: 2, etcd: 2 });
    expect(observationOf(cluster(), true, NOW)).not.toHaveProperty('replicas');
  });

  it('asks for another apply where openkupe’s fields were changed by something else, except while it is deleted', () => {
    const spec = { topology: { ...cluster().spec?.topology, version: 'v1.35.4' } };
    expect(observationOf(cluster({ spec }), true, NOW).appliedGeneration).toBe(0);
    expect(observationOf(cluster({ spec, metadata: { deletionTimestamp: agoOf(1) } }), true, NOW).appliedGeneration).toBe(2);
  });
});

describe('the reason', () => {
  const upgrading = no('Cluster is upgrading to v1.36.3\n  * KubeadmControlPlane upgrading to version v1.36.3', {
    reason: 'ClusterUpgrading',
  });
  it.each<[string, string, Parameters<typeof cluster>[0], boolean?]>([
    [
      'what an upgrade waits for',
      'Cluster is upgrading to v1.36.3; KubeadmControlPlane upgrading to version v1.36.3',
      { conditions: { TopologyReconciled: upgrading } },
    ],
    [
      'the first condition that is false, in the order in which a cluster comes about',
      'no machines',
      {
        conditions: {
          Available: no('x'),
          WorkersAvailable: no('late'),
          InfrastructureReady: no('no machines'),
          ControlPlaneAvailable: no('y'),
        },
      },
    ],
    [
      'a condition without a message by its reason',
      'ControlPlaneInitialized is not true: NotInitialized',
      { conditions: { Available: no(''), ControlPlaneInitialized: no('', { reason: 'NotInitialized' }) } },
    ],
    [
      'a condition that is not known',
      'checking',
      { conditions: { Available: no(''), WorkersAvailable: { status: 'Unknown', message: 'checking' } } },
    ],
    [
      'that it is paused, before all others',
      'Its Cluster is paused on the host, so that Cluster API does nothing for it',
      {
        spec: { paused: true },
        conditions: { Available: no(''), TopologyReconciled: no('Cluster spec.paused is set to true', { reason: 'Paused' }) },
      },
    ],
    [
      'that Cluster API does not reach it',
      'Cluster API does not reach its API server',
      { conditions: { Available: no(''), RemoteConnectionProbe: no('Last try at 12:00') } },
    ],
    ['that openkupe does not reach it', 'Its API server does not answer', {}, false],
    [
      'that replicas start',
      'Scaling up from 1 to 2 replicas',
      {
        conditions: { ScalingUp: { status: 'True', message: 'Scaling up from 1 to 2 replicas' } },
        status: { workers: { ...tier(1), replicas: 2 } },
      },
    ],
    [
      'what its deletion waits for',
      'Worker Machines: m-1, m-2',
      { metadata: { deletionTimestamp: agoOf(1) }, conditions: { Deleting: { status: 'True', message: '* Worker Machines: m-1, m-2' } } },
    ],
  ])('is %s', (_, reason, changed, answers = true) => {
    expect(observationOf(cluster(changed), answers, NOW).reason).toBe(reason);
  });

  it('is one line of bounded length', () => {
    const sentence = sentenceOf({ type: 'T', status: 'False', reason: 'R', message: `* A:\n  * ${'b'.repeat(900)}\n* C.` });
    expect(sentence).not.toContain('\n');
    expect(sentence.length).toBeLessThan(310);
    expect(sentenceOf({ type: 'T', status: 'False', reason: 'R', message: 'Done.' })).toBe('Done');
    expect(sentenceOf({ type: 'T', status: 'False', reason: 'R', message: '* A:\n  * b\n  * c\n* D' })).toBe('A: b; c; D');
  });
});

describe('a fault', () => {
  const failed = (reason: string, seconds: number) => ({ TopologyReconciled: no('boom', { reason, lastTransitionTime: agoOf(seconds) }) });
  it.each([
    ['ReconcileFailed', 61, true],
    ['ClusterClassNotReconciled', 61, true],
    ['ReconcileFailed', 59, false],
    ['ClusterUpgrading', 9_999, false],
    ['ControlPlaneUpgradePending', 9_999, false],
    ['MachineDeploymentsUpgradePending', 9_999, false],
    ['MachinePoolsUpgradePending', 9_999, false],
    ['LifecycleHookBlocking', 9_999, false],
    ['Paused', 9_999, false],
  ])('is TopologyReconciled with reason %s for %i s: %s', (reason, seconds, isFaulty) => {
    expect(observationOf(cluster({ conditions: failed(reason, seconds) }), true, NOW).isFaulty).toBe(isFaulty);
  });
  it('is none once the cluster is being deleted', () => {
    const deleting = cluster({ conditions: failed('ReconcileFailed', 99), metadata: { deletionTimestamp: agoOf(1) } });
    expect(observationOf(deleting, true, NOW).isFaulty).toBe(false);
  });
});
