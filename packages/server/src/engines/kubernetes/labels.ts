import { withoutTrailing } from '@openkupe/contract';
import type { ClusterRef } from '../engine.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

/** The label with the uid of the cluster that an object belongs to. */
export const UID_LABEL = 'kupe.io/cluster-uid';
/**
 * The label of every object that a vCluster copies to its host. It copies the labels that a tenant has given, those of our mark too, and this
 * one is its own, which a tenant cannot set or remove.
 */
const COPIED_BY_VCLUSTER = 'vcluster.loft.sh/managed-by';
/** Selects every object of openkupe, of any cluster. */
export const OWNED_BY_OPENKUPE = `app.kubernetes.io/managed-by=openkupe,!${COPIED_BY_VCLUSTER}`;

/** The mark of an object that openkupe made for a cluster. Nothing without it is ever changed or deleted. */
export function labelsOf({ tenant, name, uid }: Pick<ClusterRef, 'tenant' | 'name' | 'uid'>): Readonly<Record<string, string>> {
  return { 'app.kubernetes.io/managed-by': 'openkupe', 'kupe.io/tenant': tenant, 'kupe.io/cluster': name, [UID_LABEL]: uid };
}

/** Whether an object carries the mark of openkupe, for any cluster. */
export function isMarked({ metadata }: Partial<Pick<KubernetesObject, 'metadata'>>): boolean {
  const labels = metadata?.labels ?? {};
  return labels['app.kubernetes.io/managed-by'] === 'openkupe' && labels[COPIED_BY_VCLUSTER] === undefined;
}

/** Whether an object carries the mark of openkupe for this cluster. */
export function isOfCluster(object: Partial<Pick<KubernetesObject, 'metadata'>>, { uid }: Pick<ClusterRef, 'uid'>): boolean {
  return isMarked(object) && object.metadata?.labels?.[UID_LABEL] === uid;
}

/** The cluster that an object of openkupe belongs to, by its mark; `undefined` where the mark is incomplete. */
export function clusterOf({ metadata }: Pick<KubernetesObject, 'metadata'>): Pick<ClusterRef, 'tenant' | 'name'> | undefined {
  const { 'kupe.io/tenant': tenant, 'kupe.io/cluster': name } = metadata.labels ?? {};
  return tenant === undefined || name === undefined ? undefined : { tenant, name };
}

const LONGEST_NAMESPACE = 63;

/** The namespace of a cluster on its host. The uid keeps it apart from that of an earlier cluster of this name, which may still be terminating. */
export function hostNamespace({ uid, name }: Pick<ClusterRef, 'uid' | 'name'>): string {
  return withoutTrailing(`kupe-${uid.toLowerCase().slice(0, 8)}-${name}`.slice(0, LONGEST_NAMESPACE), '-');
}
