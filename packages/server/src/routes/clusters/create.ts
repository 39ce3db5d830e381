import { type ClusterCreate, type Plan, SUGGESTED_WAITS } from '@openkupe/contract';
import type { KubernetesVersion } from '../../engines/engine.ts';
import { conflict, invalidField, invalidRequest, unavailable } from '../../errors/refusal.ts';
import { checkName } from '../../pipeline/validate.ts';
import { loadPlatform } from '../../platform/platform.ts';
import type { ClusterSpec, Resource } from '../../store/resource.ts';
import { afterWrite, newUid } from '../../store/writes.ts';
import { allocationWith, allocationWrite } from '../../tenancy/allocation.ts';
import { defineHandler } from '../define-handler.ts';
import { loadTenant } from '../load.ts';
import { planOf } from '../tenants/plan-of.ts';
import { checkAlerts, checkAlertsTogether, checkByEngine, checkResources, checkVersion, versionWarnings } from './check-cluster.ts';
import { checkClusterCount, checkPool } from './check-quota.ts';
import { withLabels } from './cluster-labels.ts';
import { priceOf } from './price-of.ts';
import { renderCluster } from './render-cluster.ts';

function defaultVersion(catalogue: readonly KubernetesVersion[]): string {
  const version = catalogue.find(({ isRetiring }) => !isRetiring) ?? catalogue[0];
  if (!version) throw invalidRequest('The engine offers no Kubernetes version; ask the operator of this installation');
  return version.minor;
}

function specOf(body: ClusterCreate, catalogue: readonly KubernetesVersion[], tenant: Resource<'tenant'>): ClusterSpec {
  checkName('cluster name', 'name', body.name, 'name');
  checkResources(body.resources ?? {});
  checkAlerts(body.alerts);
  if (body.type === 'dedicated' && !tenant.spec.allowsDedicated)
    throw invalidField('type', 'type "dedicated" is not enabled for this tenant; use "shared"', 'CLUSTER_DEDICATED_UNSUPPORTED');
  return {
    displayName: body.displayName || body.name,
    type: body.type ?? 'shared',
    version: body.version || defaultVersion(catalogue),
    resources: body.resources ?? {},
    ...(body.alerts ? { alerts: body.alerts } : {}),
    highAvailability: body.highAvailability ?? false,
    ...withLabels({}, body.labels),
  };
}

function refuseTaken(existing: Resource<'cluster'>): never {
  const path = `GET /api/v1/tenants/${existing.tenant}/clusters/${existing.name}`;
  throw existing.deletedAt === undefined
    ? conflict(`cluster already exists: "${existing.name}" is taken; read it with ${path}`)
    : conflict(
        `cluster already exists: "${existing.name}" is being deleted; its name is free when ${path} answers 404`,
        'name-terminating',
      );
}

/** Accepts a cluster within the limits of the plan; the reconciler makes it. 409 for a taken name, 503 while creation is paused. */
export const createCluster = defineHandler('clusters.create', {
  async load(call, deps) {
    const tenant = loadTenant(call);
    const existing = await deps.store.get({ kind: 'cluster', tenant: tenant.name, name: call.body.name });
    const clusters = await deps.store.listReadable('cluster', tenant.name);
    const otherAlertBytes = call.body.alerts ? await deps.store.alertBytes(tenant.name) : 0;
    return { tenant, existing, clusters, otherAlertBytes, platform: await loadPlatform(deps) };
  },
  decide(call, { tenant, existing, clusters, otherAlertBytes, platform }, deps) {
    const catalogue = platform.versionsOf(call.body.type ?? 'shared');
    const spec = specOf(call.body, catalogue, tenant);
    const version = checkVersion(spec.version, catalogue);
    checkByEngine(deps.engine, spec);
    if (existing) refuseTaken(existing);
    if (tenant.deletedAt !== undefined) throw conflict(`Tenant "${tenant.name}" is being deleted; cannot create new ManagedClusters`);
    if (platform.isProvisioningPaused) {
      throw unavailable(
        'Cluster creation is temporarily paused by the operator of this installation; nothing was created, retry later',
        SUGGESTED_WAITS.provisioningPausedMs,
        'provisioning-paused',
      );
    }
    const plan: Plan = planOf(tenant, platform.plans);
    const { name } = call.body;
    const allocation = allocationWith(clusters, { name, spec });
    checkClusterCount(allocation.clusterCount, plan);
    checkPool(allocation.allocated, plan);
    checkAlertsTogether(otherAlertBytes, spec.alerts);

    const key = { kind: 'cluster', tenant: tenant.name, name } as const;
    const write = {
      verb: 'create',
      key,
      uid: newUid(deps.random),
      spec,
      observed: { observedGeneration: 0, kubernetesVersion: '', endpoint: '', caPem: '', waitingFor: 'a worker to pick it up' },
    } as const;
    const created = afterWrite(write, call.now);
    return {
      target: `clusters/${name}`,
      writes: [write, allocationWrite(tenant, allocation)],
      events: [{ key, type: 'created', message: `Cluster "${name}" was accepted with Kubernetes ${spec.version}` }],
      wake: [key],
      answer: {
        body: { ...renderCluster(created, versionWarnings(version)), ...(call.isValidation && { price: priceOf(spec) }) },
        tagged: created,
      },
    };
  },
});
