import type { ApiResource, KubernetesObject } from '../kubernetes/kubernetes-object.ts';
import { CLUSTER_API } from './cluster-object.ts';
import type { Condition } from './cluster-observation.ts';

/** Why nothing can be done where the APIs are missing. */
export const NO_CLUSTER_API = `The host has no Cluster API (${CLUSTER_API})`;

/** Clusters of Cluster API. */
export const CLUSTERS: ApiResource = { apiVersion: CLUSTER_API, plural: 'clusters' };
/** ClusterClasses of Cluster API. */
export const CLUSTER_CLASSES: ApiResource = { apiVersion: CLUSTER_API, plural: 'clusterclasses' };
/** Namespaces of the host, one for each cluster. */
export const NAMESPACES: ApiResource = { apiVersion: 'v1', plural: 'namespaces' };

/** What is followed by one watch each, so that an observation asks the host little, and a change is noticed at once. */
export const FOLLOWED: readonly ApiResource[] = [CLUSTERS, NAMESPACES];

/** A namespace of the host. */
export interface Namespace extends KubernetesObject {
  readonly status?: { readonly conditions?: readonly Condition[] };
}
