import type { Clock } from '@openkupe/contract';
import type { ClusterRef } from '../engine.ts';
import type { KubernetesClient } from './client.ts';
import { KubernetesError } from './kubernetes-error.ts';
import { publicText } from './public-text.ts';
import { ensureRoleBindings, type RoleProblem } from './role-bindings.ts';

/** Gives the roles of the API their rights in a cluster; resolves with what is in the way, where something is. */
export type BindRoles = (client: KubernetesClient, ref: ClusterRef) => Promise<RoleProblem | undefined>;

/** Role bindings that were changed or deleted in a cluster are put back so often. In milliseconds. */
const BOUND_MS = 10 * 60_000;

async function bind(
  client: KubernetesClient,
  ref: ClusterRef,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
): Promise<RoleProblem | undefined> {
  try {
    return await ensureRoleBindings(client, ref, clock);
  } catch (error) {
    // NOTE: a webhook that a tenant has set up in its cluster may refuse them.
    const isFaulty = error instanceof KubernetesError;
    return { reason: `Its ClusterRoleBindings cannot be written: ${publicText((error as Error).message)}`, isFaulty };
  }
}

/** Binds at the first call for a client and every ten minutes, and at every call while something is in the way. */
export function createRoleBinder(clock: Pick<Clock, 'monotonic' | 'sleep'>): BindRoles {
  const boundAtMs = new WeakMap<KubernetesClient, number>();
  return async (client, ref) => {
    if (clock.monotonic() - (boundAtMs.get(client) ?? Number.NEGATIVE_INFINITY) < BOUND_MS) return undefined;
    const problem = await bind(client, ref, clock);
    if (problem) boundAtMs.delete(client);
    else boundAtMs.set(client, clock.monotonic());
    return problem;
  };
}
