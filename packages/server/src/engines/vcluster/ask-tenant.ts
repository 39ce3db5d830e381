import type { ClusterRef, Observation } from '../engine.ts';
import { probe } from '../kubernetes/probe.ts';
import { hostNames } from './host-names.ts';
import type { Live } from './settle.ts';
import type { Tenant } from './tenant.ts';
import type { Vcluster } from './vcluster.ts';

/** What the API server of a cluster says: the version that runs, empty where it does not answer; `tenant` once it can be reached. */
export interface TenantState {
  readonly tenant: Tenant | undefined;
  readonly state: Pick<Observation, 'isReady' | 'runningVersion'>;
}

/** Asks the API server of a cluster how it is. An error of any kind is an answer that did not come. */
export async function askTenant({ tenants }: Vcluster, ref: ClusterRef, live: Live): Promise<TenantState> {
  const tenant = await tenants.of(ref, live.get(`Service/${hostNames(ref).release}`));
  if (!tenant) return { tenant, state: { isReady: false, runningVersion: '' } };
  const asked = [probe(tenant.client, '/readyz'), probe(tenant.client, '/version').then((text) => JSON.parse(text))] as const;
  const [ready, version] = await Promise.allSettled(asked);
  const isReady = ready.status === 'fulfilled';
  if (!isReady) tenants.distrust(ref.uid);
  const runningVersion = version.status === 'fulfilled' ? String(version.value?.gitVersion ?? '') : '';
  return { tenant, state: { isReady, runningVersion } };
}
