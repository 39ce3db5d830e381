import { expect, it } from 'vitest';
import type { ClusterObserved, Resource } from '../../store/resource.ts';
import { renderCluster } from './render-cluster.ts';

const RUNNING: ClusterObserved = {
  acceptedAt: 1,
  readyAt: 2,
  observedGeneration: 1,
  kubernetesVersion: 'v1.36.3',
  endpoint: 'https://127.0.0.1:1',
  caPem: 'CA',
  waitingFor: '',
  lacks: 'It has no nodes: pods stay Pending',
};

function readyOf(observed: ClusterObserved) {
  const cluster: Resource<'cluster'> = {
    ...{ kind: 'cluster', tenant: 'acme', name: 'web', uid: 'u', resourceVersion: '1', observation: 0, generation: 1, createdAt: 0 },
    spec: { displayName: '', type: 'shared', version: '1.36', resources: {}, highAvailability: false },
    observed,
  };
  return renderCluster(cluster).status?.conditions?.[0];
}

it('says in the status of a cluster that runs what it lacks, after what is wrong and what is waited for', () => {
  expect(readyOf(RUNNING)).toMatchObject({ status: 'True', message: RUNNING.lacks });
  expect(readyOf({ ...RUNNING, waitingFor: 'Its API server starts' })).toMatchObject({ message: 'Its API server starts' });
  expect(readyOf({ ...RUNNING, degraded: 'etcd ended' })).toMatchObject({ status: 'False', message: 'etcd ended' });
});
