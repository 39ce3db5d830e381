import type { ClusterSpec, Resource, SecretObserved, SecretPlace } from '../../store/resource.ts';

/** What a secret needs to know of a cluster. */
export interface TargetCluster {
  readonly uid: string;
  readonly type: ClusterSpec['type'];
  /** It was ready once and is not being deleted. */
  readonly isReady: boolean;
}
/** The clusters of the tenant by name, without those being deleted: their Secrets are deleted with them. */
export type TargetClusters = ReadonlyMap<string, TargetCluster>;

/** One desired target with the cluster uid it refers to now; without one, the reason why it waits. */
export type WantedTarget = Omit<SecretPlace, 'clusterUid'> &
  ({ readonly place: SecretPlace } | { readonly place?: undefined; readonly waitingFor: string });

/** The next single step for a secret. */
export type SecretStep =
  /** Record where Secrets may be, before they are written; and drop places whose cluster is gone. */
  | { readonly step: 'note'; readonly observed: SecretObserved }
  | { readonly step: 'remove'; readonly place: SecretPlace }
  | { readonly step: 'remove-row' }
  | { readonly step: 'put'; readonly targets: readonly WantedTarget[] };

const keyOf = ({ cluster, namespace, secretName }: Omit<SecretPlace, 'clusterUid'>) => `${cluster}/${namespace}/${secretName}`;
const isSame = (one: SecretPlace, other: SecretPlace) => keyOf(one) === keyOf(other) && one.clusterUid === other.clusterUid;

/** The targets in the order in which they were sent; none once deletion was accepted. */
export function wantedTargets(secret: Resource<'secret'>, clusters: TargetClusters): WantedTarget[] {
  if (secret.deletedAt !== undefined) return [];
  return (secret.spec.sync ?? []).map(({ cluster, namespace, secretName = secret.name }) => {
    const target = { cluster, namespace, secretName };
    const found = clusters.get(cluster);
    if (!found) return { ...target, waitingFor: `There is no cluster "${cluster}" in this tenant` };
    if (!found.isReady) return { ...target, waitingFor: `Cluster "${cluster}" is not ready yet` };
    return { ...target, place: { ...target, clusterUid: found.uid } };
  });
}

/**
 * Decides the next step from spec, stored status and clusters. Pure and level-triggered. Surplus Secrets are removed before new ones are
 * written, and none is written at a place that is not recorded: so deletion finds all of them, whenever a process died.
 */
export function planSecret(secret: Resource<'secret'>, clusters: TargetClusters): SecretStep {
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

/** The status after the Secret at `place` was removed. */
export function withoutPlace(observed: SecretObserved, place: SecretPlace): SecretObserved {
  return { ...observed, places: observed.places.filter((known) => !isSame(known, place)) };
}
