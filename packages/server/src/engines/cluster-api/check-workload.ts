import type { Clock } from '@openkupe/contract';
import type { ClusterRef } from '../engine.ts';
import { createRoleBinder } from '../kubernetes/bind-roles.ts';
import { KubernetesError } from '../kubernetes/kubernetes-error.ts';
import { probe } from '../kubernetes/probe.ts';
import type { Workload } from './workload-clients.ts';

/** What the API server of a cluster was found like. */
export interface WorkloadState {
  /** It can be used: it answers, and the roles of the API have their rights. */
  readonly answers: boolean;
  /** Why it cannot be asked, or else why the users of the tenant may have no rights in it, for a person. */
  readonly problem?: string;
}

/** Checks API servers of clusters. */
export type CheckWorkload = (ref: ClusterRef, workload: Workload) => Promise<WorkloadState>;

/**
 * Whether an API server answers `/readyz`, under its own authority. One that does not know the path (that of the in-memory provider of Cluster
 * API) has answered; one that is not ready says 500.
 */
async function answersNow({ client }: Workload): Promise<boolean> {
  try {
    await probe(client, '/readyz');
    return true;
  } catch (error) {
    return error instanceof KubernetesError && error.code < 500;
  }
}

/** Makes the check: every API server is asked at every call, and its role bindings are put back. */
export function createWorkloadCheck(clock: Pick<Clock, 'monotonic' | 'sleep'>): CheckWorkload {
  const bindRoles = createRoleBinder(clock);
  return async (ref, workload) => {
    if (!(await answersNow(workload))) return { answers: false };
    const problem = await bindRoles(workload.client, ref);
    // NOTE: a cluster in which the roles of the API have no rights yet is of no use.
    return { answers: problem?.isFaulty !== false, ...(problem && { problem: problem.reason }) };
  };
}
