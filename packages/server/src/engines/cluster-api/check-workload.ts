import type { Clock } from '@openkupe/contract';
import type { ClusterRef } from '../engine.ts';
import { KubernetesError } from '../kubernetes/kubernetes-error.ts';
import { ensureRoleBindings } from '../kubernetes/role-bindings.ts';
import type { Workload } from './workload-clients.ts';

/** What the API server of a cluster was found like. */
export interface WorkloadState {
  readonly answers: boolean;
  /** Why it cannot be asked, or else why the users of the tenant may have no rights in it, for a person. */
  readonly problem?: string;
}

/** Checks API servers of clusters. */
export type CheckWorkload = (ref: ClusterRef, workload: Workload) => Promise<WorkloadState>;

/** An API server that answers nothing within this time counts as one that does not answer. In milliseconds. */
const PROBE_MS = 3_000;
/** Role bindings that were changed or deleted in a cluster are put back so often. In milliseconds. */
const BINDINGS_MS = 10 * 60_000;

/**
 * Whether an API server answers `/readyz`, under its own authority. One that does not know the path (that of the in-memory provider of Cluster
 * API) has answered; one that is not ready says 500.
 */
async function answersNow({ client }: Workload): Promise<boolean> {
  try {
    await client.raw('/readyz', { signal: AbortSignal.timeout(PROBE_MS) });
    return true;
  } catch (error) {
    return error instanceof KubernetesError && error.code < 500;
  }
}

async function bind(ref: ClusterRef, { client }: Workload): Promise<string | undefined> {
  try {
    const refused = await ensureRoleBindings(client, ref);
    return refused.length === 0
      ? undefined
      : `ClusterRoleBinding ${refused.join(', ')} in it belongs to something else; delete or rename it`;
  } catch (error) {
    return `Its role bindings cannot be made: ${(error as Error).message}`;
  }
}

/** Makes the check: every API server is asked at every call, and its role bindings are put back at the first and every ten minutes. */
export function createWorkloadCheck(clock: Pick<Clock, 'monotonic'>): CheckWorkload {
  const bound = new WeakMap<Workload, { readonly atMs: number; readonly problem: string | undefined }>();
  return async (ref, workload) => {
    if (!(await answersNow(workload))) return { answers: false };
    const known = bound.get(workload);
    if (known && known.problem === undefined && clock.monotonic() - known.atMs < BINDINGS_MS) return { answers: true };
    const problem = await bind(ref, workload);
    bound.set(workload, { atMs: clock.monotonic(), problem });
    return { answers: true, ...(problem !== undefined && { problem }) };
  };
}
