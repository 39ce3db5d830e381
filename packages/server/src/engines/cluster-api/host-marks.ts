import { withoutTrailing } from '@openkupe/contract/without-trailing';
import type { ClusterRef } from '../engine.ts';
import type { KubernetesObject } from '../kubernetes/kubernetes-object.ts';
import { UID_LABEL } from '../kubernetes/labels.ts';

const LONGEST_NAMESPACE = 63;

/** The namespace of a cluster on the host. The uid keeps it apart from that of an earlier cluster of this name, which may still be terminating. */
export function hostNamespace({ uid, name }: Pick<ClusterRef, 'uid' | 'name'>): string {
  return withoutTrailing(`kupe-${uid.toLowerCase().slice(0, 8)}-${name}`.slice(0, LONGEST_NAMESPACE), '-');
}

/** Whether an object on the host belongs to this cluster. */
export function isMarked({ metadata: { labels } }: KubernetesObject, { uid }: Pick<ClusterRef, 'uid'>): boolean {
  return labels?.[UID_LABEL] === uid && labels['app.kubernetes.io/managed-by'] === 'openkupe';
}
