import { isDeepStrictEqual } from 'node:util';
import type { ClusterRef } from '../engine.ts';
import type { KubernetesClient } from './client.ts';
import { isStatus } from './kubernetes-error.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { isMarked, labelsOf } from './labels.ts';

interface ClusterRoleBinding extends KubernetesObject {
  readonly roleRef: { readonly apiGroup: string; readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly apiGroup?: string; readonly kind: string; readonly name: string }[];
}

const BINDINGS = { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'clusterrolebindings' };
const GROUP = 'rbac.authorization.k8s.io';

/** What the groups of the token webhook may do in a cluster: the name of the binding, the group, the ClusterRole that every cluster has. */
const ROLES = [
  { name: 'openkupe-admin', group: 'kupe:role:admin', role: 'cluster-admin' },
  { name: 'openkupe-readonly', group: 'kupe:role:readonly', role: 'view' },
] as const;

/**
 * Gives the roles of the API their rights in a cluster, and puts them back where they were changed or deleted; writes nothing where they are right.
 * Resolves with the names of bindings that cannot be made, because one without our mark has the name. Rejects as the client does.
 */
export async function ensureRoleBindings(client: KubernetesClient, ref: ClusterRef): Promise<readonly string[]> {
  const results = await Promise.all(ROLES.map((role) => ensure(client, bindingOf(ref, role))));
  return ROLES.flatMap(({ name }, index) => (results[index] ? [] : [name]));
}

/** Whether the binding is there and ours. */
async function ensure(client: KubernetesClient, desired: ClusterRoleBinding): Promise<boolean> {
  const { name } = desired.metadata;
  const known = await client.get<ClusterRoleBinding>(BINDINGS, { name });
  if (known && !isMarked(known)) return false;
  if (known && isCurrent(known, desired)) return true;
  if (known && isDeepStrictEqual(known.roleRef, desired.roleRef)) {
    const bound = { ...desired, metadata: { ...desired.metadata, uid: known.metadata.uid } } as ClusterRoleBinding;
    await client.apply(BINDINGS, bound, { isForced: true });
    return true;
  }
  // NOTE: the role of a binding cannot be changed, so it is made anew.
  if (known) await client.delete(BINDINGS, { name }, { uid: known.metadata.uid });
  try {
    await client.create(BINDINGS, desired);
    return true;
  } catch (error) {
    if (!isStatus(error, 'AlreadyExists')) throw error;
    const other = await client.get<ClusterRoleBinding>(BINDINGS, { name });
    return other !== undefined && isMarked(other);
  }
}

function bindingOf(ref: ClusterRef, { name, group, role }: (typeof ROLES)[number]): ClusterRoleBinding {
  return {
    apiVersion: BINDINGS.apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: labelsOf(ref) },
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: GROUP, kind: 'Group', name: group }],
  };
}

function isCurrent(known: ClusterRoleBinding, desired: ClusterRoleBinding): boolean {
  const labels = Object.entries(desired.metadata.labels ?? {});
  return (
    isDeepStrictEqual(known.roleRef, desired.roleRef) &&
    isDeepStrictEqual(known.subjects, desired.subjects) &&
    labels.every(([key, value]) => known.metadata.labels?.[key] === value)
  );
}
