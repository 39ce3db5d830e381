import type { Resource } from '../../store/resource.ts';
import type { WriteOf } from '../../store/store.ts';

/**
 * The write that changes nothing and fails when the observed half moved. What a cluster is billed for depends on both halves: were it
 * ready, or highly available, since it was loaded, the ledger entry that goes with this change would be the wrong one.
 */
export function guardObserved(cluster: Resource<'cluster'>): WriteOf<'cluster'> {
  const { kind, tenant, name, uid, observation, observed } = cluster;
  return { verb: 'observe-if', key: { kind, tenant, name }, uid, expectedObservation: observation, observed };
}
