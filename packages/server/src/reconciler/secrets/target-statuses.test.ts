import { expect, it } from 'vitest';
import type { Resource } from '../../store/resource.ts';
import { nextTargets } from './target-statuses.ts';

const SECRET: Resource<'secret'> = {
  kind: 'secret',
  tenant: 'demo',
  name: 'db',
  uid: 'u',
  resourceVersion: '1',
  observation: 0,
  generation: 2,
  createdAt: 0,
  spec: { secretPath: 'a', sync: [{ cluster: 'one', namespace: 'web' }] },
  observed: { observedGeneration: 1, places: [], targets: [], changedAt: 3 },
};
const TARGET = { cluster: 'one', namespace: 'web', secretName: 'db' };
const READING = { outcome: 'found', version: '4', values: {} } as const;

it('a target that the API server of its cluster refuses has failed, and says what the API server said', () => {
  const wanted = [{ ...TARGET, place: { ...TARGET, clusterUid: 'uid-one' } }];
  expect(nextTargets(SECRET, wanted, READING, [{ refused: 'namespaces "web" not found' }], 9)).toEqual({
    observedGeneration: 2,
    places: [],
    targets: [{ ...TARGET, phase: 'Failed', message: 'Cluster "one" refuses the Secret: namespaces "web" not found' }],
    changedAt: 9,
  });
});
