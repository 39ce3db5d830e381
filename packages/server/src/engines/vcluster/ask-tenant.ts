import type { ClusterRef, Observation } from '../engine.ts';
import { KubernetesError } from '../kubernetes/kubernetes-error.ts';
import { ensureRoleBindings } from '../kubernetes/role-bindings.ts';
import type { Failure } from './failures.ts';
import { hostNames } from './host-names.ts';
import { publicText } from './public-text.ts';
import type { Live } from './settle.ts';
import type { Tenant } from './tenant.ts';
import type { Vcluster } from './vcluster.ts';

/** An API server that has not answered within this time counts as one that does not answer. In milliseconds. */
const PROBE_MS = 3_000;

/** What the API server of a cluster says: the version that runs, empty where it does not answer; `tenant` once it can be reached. */
export interface TenantState {
  readonly tenant: Tenant | undefined;
  readonly state: Pick<Observation, 'isReady' | 'runningVersion'>;
}

/** Asks the API server of a cluster how it is. An error of any kind is an answer that did not come. */
export async function askTenant({ tenants }: Vcluster, ref: ClusterRef, live: Live): Promise<TenantState> {
  const tenant = await tenants.of(ref, live.get(`Service/${hostNames(ref).release}`));
  if (!tenant) return { tenant, state: { isReady: false, runningVersion: '' } };
  const ask = (path: string) => tenant.client.raw(path, { signal: AbortSignal.timeout(PROBE_MS) });
  const [ready, version] = await Promise.allSettled([ask('/readyz'), ask('/version').then((text) => JSON.parse(text))]);
  const isReady = ready.status === 'fulfilled';
  if (!isReady) tenants.distrust(ref.uid);
  const runningVersion = version.status === 'fulfilled' ? String(version.value?.gitVersion ?? '') : '';
  return { tenant, state: { isReady, runningVersion } };
}

/** Gives the roles of the API their rights in the cluster; what is in the way, where something is. */
export async function bindRoles({ client }: Tenant, ref: ClusterRef): Promise<Failure | undefined> {
  try {
    const refused = await ensureRoleBindings(client, ref);
    if (refused.length === 0) return undefined;
    const names = refused.map((name) => `"${name}"`).join(', ');
    return { reason: `Its ClusterRoleBindings ${names} are of another owner; delete them, then they are made anew`, isFaulty: true };
  } catch (error) {
    // NOTE: a webhook that a tenant has set up in its cluster may refuse them.
    const isFaulty = error instanceof KubernetesError;
    return { reason: `Its ClusterRoleBindings cannot be written: ${publicText((error as Error).message)}`, isFaulty };
  }
}
