import { DEFAULT_PLANS } from '@openkupe/contract';
import type { Validator } from '../world/observers.ts';
import type { StoreHost } from '../world/store-host.ts';
import { writesOf } from './cluster-model.ts';

const millicores = (cpu: string | undefined) =>
  cpu === undefined ? 0 : cpu.endsWith('m') ? Number.parseInt(cpu, 10) : Math.round(Number(cpu) * 1000);

/** After every commit the clusters of a tenant fit in its plan, and the allocation that the tenant's row shows is theirs. */
export function createQuota(host: StoreHost): Validator {
  return {
    name: 'quota',
    async stored(fact) {
      const tenants = new Set(writesOf(fact).flatMap(({ key: { kind, tenant } }) => (kind === 'cluster' ? [tenant] : [])));
      for (const tenant of tenants) {
        const row = await host.store.get({ kind: 'tenant', tenant, name: tenant });
        const plan = DEFAULT_PLANS.find(({ name }) => name === row?.spec.plan);
        const clusters = await host.store.list('cluster', tenant);
        const sum = clusters.reduce((total, { spec }) => total + millicores(spec.resources.cpu), 0);
        if (!row || !plan) throw new Error(`tenant ${tenant} has no plan`);
        if (clusters.length > plan.maxClusters)
          throw new Error(`${tenant} has ${clusters.length} clusters, and may have ${plan.maxClusters}`);
        if (sum > millicores(plan.resourcePool.cpu))
          throw new Error(`${tenant} has ${sum} millicores, and may have ${plan.resourcePool.cpu} cores`);
        const { clusterCount, allocated } = row.observed;
        if (clusterCount !== clusters.length || millicores(allocated.cpu) !== sum)
          throw new Error(
            `${tenant} shows ${clusterCount} clusters and ${allocated.cpu} cores, and has ${clusters.length} and ${sum} millicores`,
          );
      }
    },
  };
}
