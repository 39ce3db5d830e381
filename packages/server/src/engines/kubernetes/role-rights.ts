import type { Clock } from '@openkupe/contract';
import type { KubernetesClient } from './client.ts';
import { isStatus } from './kubernetes-error.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

interface ClusterRole extends KubernetesObject {
  readonly aggregationRule?: object;
  readonly rules?: readonly object[] | null;
}

interface AccessReview {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: object;
  readonly status?: { readonly allowed: boolean };
}

const ROLES = { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'clusterroles' };
const REVIEWS = { apiVersion: 'authorization.k8s.io/v1', plural: 'subjectaccessreviews' };

/** What every role of the API permits. */
const ASKED = { verb: 'list', resource: 'pods', namespace: 'default' };
/** How long an API server may take to learn by its own watches what it has stored: some ten milliseconds where it has time. */
const KNOWN_MS = 2_000;
const POLL_MS = 20;

/**
 * Whether a ClusterRole permits what its name promises. An aggregated one, such as `view`, permits nothing until the controller manager has put its rules
 * together, seconds after the API server is ready (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles). One that
 * is not there counts as such, because nothing is about to fill it.
 */
export async function isFilled(client: KubernetesClient, name: string): Promise<boolean> {
  const role = await client.get<ClusterRole>(ROLES, { name });
  return role?.aggregationRule === undefined || (role.rules ?? []).length > 0;
}

/** Waits until the authorizer lets a group do what its role permits: it learns of a new binding later than the answer to its creation comes. */
export async function untilPermitted(client: KubernetesClient, group: string, clock: Pick<Clock, 'monotonic' | 'sleep'>): Promise<boolean> {
  const spec = { user: 'openkupe', groups: [group], resourceAttributes: ASKED };
  const review: AccessReview = { apiVersion: REVIEWS.apiVersion, kind: 'SubjectAccessReview', spec };
  for (const beganMs = clock.monotonic(); ; await clock.sleep(POLL_MS)) {
    try {
      if ((await client.create(REVIEWS, review)).status?.allowed) return true;
    } catch (error) {
      // NOTE: an API server that reviews no access, such as one that is simulated, is not waited for.
      if (isStatus(error, 404)) return true;
      throw error;
    }
    if (clock.monotonic() - beganMs > KNOWN_MS) return false;
  }
}
