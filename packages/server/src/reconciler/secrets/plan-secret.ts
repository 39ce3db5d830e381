import type { Resource, SecretObserved, SecretPlace } from '../../store/resource.ts';

/** A cluster as far as secrets are concerned. */
export interface ClusterSight {
  readonly uid: string;
  /** It was ready once and is not being deleted. */
  readonly isReady: boolean;
}
/** The clusters of the tenant by name. One that is being deleted takes its Secrets along, so it is not in here. */
export type ClustersInSight = ReadonlyMap<string, ClusterSight>;

/** One target of the desired state with the place it means now; without a place, what it waits for. */
export type WantedTarget = Omit<SecretPlace, 'clusterUid'> &
  ({ readonly place: SecretPlace } | { readonly place?: undefined; readonly waitingFor: string });

/** The next single step for a secret. */
export type SecretStep =
  /** Note where Secrets may be, before anything is put there; and forget places that went with their cluster. */
  | { readonly step: 'note'; readonly observed: SecretObserved }
  | { readonly step: 'remove'; readonly place: SecretPlace }
  | { readonly step: 'remove-row' }
  | { readonly step: 'put'; readonly targets: readonly WantedTarget[] };

const keyOf = ({ cluster, namespace, secretName }: Omit<SecretPlace, 'clusterUid'>) => `${cluster}/${namespace}/${secretName}`;
const isSame = (one: SecretPlace, other: SecretPlace) => keyOf(one) === keyOf(other) && one.clusterUid === other.clusterUid;

/** The targets in the order in which they were sent; none once deletion was accepted. */
export function wantedTargets(secret: Resource<'secret'>, clusters: ClustersInSight): WantedTarget[] {
  if (secret.deletedAt !== undefined) return [];
  return (secret.spec.sync ?? []).map(({ cluster, namespace, secretName = secret.name }) => {
    const target = { cluster, namespace, secretName };
    const sight = clusters.get(cluster);
    if (!sight) return { ...target, waitingFor: `There is no cluster "${cluster}" in this tenant` };
    if (!sight.isReady) return { ...target, waitingFor: `Cluster "${cluster}" is not ready yet` };
    return { ...target, place: { ...target, clusterUid: sight.uid } };
  });
}

/**
 * Decides the next step from what is desired and stored, and the clusters. Pure and level-triggered. What leaves is removed before
 * what comes is put, and nothing is put at a place that is not noted: so deletion finds everything, whenever a process died.
 */
export function planSecret(secret: Resource<'secret'>, clusters: ClustersInSight): SecretStep {
  const { observed } = secret;
  const targets = wantedTargets(secret, clusters);
  const there = observed.places.filter(({ cluster, clusterUid }) => clusters.get(cluster)?.uid === clusterUid);
  const fresh = targets.flatMap(({ place }) => (place && !there.some((known) => isSame(known, place)) ? [place] : []));
  if (fresh.length > 0 || there.length < observed.places.length) {
    return { step: 'note', observed: { ...observed, places: [...there, ...fresh] } };
  }
  const wanted = new Set(targets.map(keyOf));
  const surplus = there.find((place) => !wanted.has(keyOf(place)));
  if (surplus) return { step: 'remove', place: surplus };
  return secret.deletedAt === undefined ? { step: 'put', targets } : { step: 'remove-row' };
}

/** The observed half once nothing of this secret is at `place` any more. */
export function withoutPlace(observed: SecretObserved, place: SecretPlace): SecretObserved {
  return { ...observed, places: observed.places.filter((known) => !isSame(known, place)) };
}
