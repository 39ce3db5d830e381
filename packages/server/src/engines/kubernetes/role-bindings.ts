import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@openkupe/contract';
import type { ClusterRef, Observation } from '../engine.ts';
import type { KubernetesClient } from './client.ts';
import { isStatus } from './kubernetes-error.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { isMarked, labelsOf } from './labels.ts';
import { isFilled, untilPermitted } from './role-rights.ts';

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
type Role = (typeof ROLES)[number];

/** Why a role of the API has no rights in a cluster; not faulty where that passes by itself. */
export type RoleProblem = Pick<Observation, 'reason' | 'isFaulty'>;

/**
 * Gives the roles of the API their rights in a cluster, and puts them back where they were changed or deleted; two reads and nothing else where they are
 * right. A binding is made once its ClusterRole has rules, so that one that is there has an effect. Resolves with what is in the way, if anything;
 * ask again then. Rejects as the client does.
 */
export async function ensureRoleBindings(
  client: KubernetesClient,
  cluster: Pick<ClusterRef, 'tenant' | 'name' | 'uid'>,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
): Promise<RoleProblem | undefined> {
  const problems = await Promise.all(ROLES.map((role) => ensure(client, role, bindingOf(cluster, role), clock)));
  return problems.find((problem) => problem?.isFaulty) ?? problems.find((problem) => problem !== undefined);
}

async function ensure(
  client: KubernetesClient,
  role: Role,
  desired: ClusterRoleBinding,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
): Promise<RoleProblem | undefined> {
  const { name } = desired.metadata;
  const known = await client.get<ClusterRoleBinding>(BINDINGS, { name });
  if (known && !isMarked(known)) return taken(name);
  if (known && isCurrent(known, desired)) return undefined;
  if (known && isDeepStrictEqual(known.roleRef, desired.roleRef)) {
    const bound = { ...desired, metadata: { ...desired.metadata, uid: known.metadata.uid } } as ClusterRoleBinding;
    await client.apply(BINDINGS, bound, { isForced: true });
    return undefined;
  }
  // NOTE: the role of a binding cannot be changed, so it is made anew.
  if (known) await client.delete(BINDINGS, { name }, { uid: known.metadata.uid });
  if (!(await isFilled(client, role.role)))
    return { reason: `Its controller manager puts together what the ClusterRole "${role.role}" permits`, isFaulty: false };
  try {
    await client.create(BINDINGS, desired);
  } catch (error) {
    if (!isStatus(error, 'AlreadyExists')) throw error;
    const other = await client.get<ClusterRoleBinding>(BINDINGS, { name });
    if (!other || !isMarked(other)) return taken(name);
  }
  if (await untilPermitted(client, role.group, clock)) return undefined;
  return { reason: `Its API server does not follow the ClusterRoleBinding "${name}" yet`, isFaulty: false };
}

const taken = (name: string): RoleProblem => ({
  reason: `Its ClusterRoleBinding "${name}" belongs to something else; delete it, and it is made anew`,
  isFaulty: true,
});

function bindingOf(cluster: Pick<ClusterRef, 'tenant' | 'name' | 'uid'>, { name, group, role }: Role): ClusterRoleBinding {
  return {
    apiVersion: BINDINGS.apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: labelsOf(cluster) },
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
