import { describe, expect, it } from 'vitest';
import type { Resource, SecretPlace } from '../../store/resource.ts';
import { planSecret, type TargetClusters } from './plan-secret.ts';

const place = (cluster: string, clusterUid = `uid-${cluster}`): SecretPlace => ({
  cluster,
  clusterUid,
  namespace: 'web',
  secretName: 'one',
});
const CLUSTERS: TargetClusters = new Map([
  ['ready', { uid: 'uid-ready', type: 'shared', isReady: true }],
  ['young', { uid: 'uid-young', type: 'shared', isReady: false }],
]);

function secret(sync: string[], places: SecretPlace[], more: Partial<Resource<'secret'>> = {}): Resource<'secret'> {
  return {
    kind: 'secret',
    tenant: 'demo',
    name: 'one',
    uid: 'u',
    resourceVersion: '1',
    observation: 0,
    generation: 1,
    createdAt: 0,
    spec: { secretPath: 'a', sync: sync.map((cluster) => ({ cluster, namespace: 'web' })) },
    observed: { observedGeneration: 0, places, targets: [], changedAt: 0 },
    ...more,
  };
}
const placesOf = (step: ReturnType<typeof planSecret>) => (step.step === 'note' ? step.observed.places : undefined);

describe('the plan of a secret', () => {
  it('notes a place before anything is put there', () => {
    const step = planSecret(secret(['ready', 'young', 'nowhere'], []), CLUSTERS);
    expect(placesOf(step)).toEqual([place('ready')]);
  });

  it('puts once the place is noted, and says what the other targets wait for', () => {
    const step = planSecret(secret(['ready', 'young', 'nowhere'], [place('ready')]), CLUSTERS);
    expect(step).toMatchObject({
      step: 'put',
      targets: [
        { cluster: 'ready', place: place('ready') },
        { cluster: 'young', waitingFor: 'Cluster "young" is not ready yet' },
        { cluster: 'nowhere', waitingFor: 'There is no cluster "nowhere" in this tenant' },
      ],
    });
  });

  it('removes what left the list before it puts what came', () => {
    expect(planSecret(secret([], [place('ready')]), CLUSTERS)).toEqual({ step: 'remove', place: place('ready') });
  });

  it('forgets a place whose cluster is gone, or came back as another', () => {
    expect(placesOf(planSecret(secret([], [place('gone')]), CLUSTERS))).toEqual([]);
    expect(placesOf(planSecret(secret(['ready'], [place('ready', 'uid-before')]), CLUSTERS))).toEqual([place('ready')]);
  });

  it('deletes in order: every place, then the row', () => {
    const deleted = { deletedAt: 5 };
    expect(planSecret(secret(['ready'], [place('ready'), place('young')], deleted), CLUSTERS)).toEqual({
      step: 'remove',
      place: place('ready'),
    });
    expect(planSecret(secret(['ready'], [], deleted), CLUSTERS)).toEqual({ step: 'remove-row' });
  });
});
