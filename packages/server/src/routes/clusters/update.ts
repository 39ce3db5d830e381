import type { ClusterPatch } from '@openkupe/contract';
import { clusterEntries } from '../../billing/ledger-entries.ts';
import { conflict, invalidField, invalidRequest } from '../../errors/refusal.ts';
import { loadPlatform, type Platform } from '../../platform/platform.ts';
import type { ClusterSpec, Resource } from '../../store/resource.ts';
import { afterWrite, keyOf, observeIf, updateIf } from '../../store/writes.ts';
import { allocationWith, allocationWrite } from '../../tenancy/allocation.ts';
import { defineHandler } from '../define-handler.ts';
import { loadCluster, loadTenant, requireReadable } from '../load.ts';
import { planOf } from '../tenants/plan-of.ts';
import {
  alertBytes,
  checkAlerts,
  checkAlertsTogether,
  checkByEngine,
  checkMove,
  checkResources,
  checkVersion,
  versionWarnings,
} from './check-cluster.ts';
import { checkPool } from './check-quota.ts';
import { withLabels } from './cluster-labels.ts';
import { priceOf } from './price-of.ts';
import { renderCluster } from './render-cluster.ts';

/** An empty object clears all limits; otherwise absent quantities keep their value. */
function mergeResources(current: ClusterSpec['resources'], patch: ClusterPatch['resources']): ClusterSpec['resources'] {
  if (!patch) return current;
  return Object.keys(patch).length === 0 ? {} : { ...current, ...patch };
}

function refuseHighAvailability(cluster: Resource<'cluster'>, wanted: boolean): never {
  if (wanted && !cluster.spec.highAvailability) {
    throw invalidField(
      'highAvailability',
      'highAvailability cannot be enabled on an existing cluster; create a new cluster with it',
      'HA_ENABLE_ON_EXISTING_UNSUPPORTED',
    );
  }
  throw invalidField('highAvailability', 'highAvailability cannot be changed after creation; leave it out', 'HA_DISABLE_UNSUPPORTED');
}

/**
 * The desired state after a patch. An empty version next to other fields means "no change": an older client sends it by mistake, and
 * moving its cluster to the default version would be worse than ignoring it.
 */
function patched(cluster: Resource<'cluster'>, patch: ClusterPatch): ClusterSpec {
  const fields = Object.keys(patch);
  if (fields.length === 0) throw invalidRequest('at least one field required: send version, resources, alerts or labels');
  if (patch.highAvailability !== undefined) refuseHighAvailability(cluster, patch.highAvailability);
  if (patch.version === '' && fields.length === 1)
    throw invalidField('version', 'version must not be empty; send a minor version such as "1.32"');
  const { labels = {}, ...spec } = cluster.spec;
  return {
    ...spec,
    version: patch.version || spec.version,
    resources: mergeResources(spec.resources, patch.resources),
    ...(patch.alerts ? { alerts: patch.alerts } : {}),
    ...withLabels(labels, patch.labels),
  };
}

const NOTHING: Platform = { plans: [], versionsOf: () => [], isProvisioningPaused: false };

/**
 * The other clusters are read only for what is limited for all of them together (alerts that do not grow need nothing of them), and the
 * offer only for what has to be on offer.
 */
export const updateCluster = defineHandler('clusters.update', {
  async load(call, deps) {
    const tenant = loadTenant(call);
    const cluster = await loadCluster(deps.store, tenant.name, call.params.name);
    const { version, resources, alerts } = call.body;
    const clusters = resources ? await deps.store.listReadable('cluster', tenant.name) : [];
    const before = alertBytes(cluster.spec.alerts);
    const otherAlertBytes = alertBytes(alerts) > before ? (await deps.store.alertBytes(tenant.name)) - before : 0;
    const platform = version || resources ? await loadPlatform(deps) : NOTHING;
    return { cluster, precondition: cluster, tenant, clusters, otherAlertBytes, platform };
  },
  decide(call, { cluster, tenant, clusters, otherAlertBytes, platform }, deps) {
    requireReadable(cluster, deps.engine);
    checkResources(call.body.resources ?? {});
    checkAlerts(call.body.alerts);
    const spec = patched(cluster, call.body);
    const version = spec.version === cluster.spec.version ? undefined : checkVersion(spec.version, platform.versionsOf(spec.type));
    if (cluster.deletedAt !== undefined)
      throw conflict(`Cluster "${cluster.name}" is being deleted and cannot be changed; wait until it is gone`, 'terminating');
    if (version) checkMove(cluster, version, deps.engine);
    if (JSON.stringify(spec) === JSON.stringify(cluster.spec))
      return { answer: { body: { ...renderCluster(cluster), ...(call.isValidation && { price: priceOf(spec) }) }, tagged: cluster } };
    checkByEngine(deps.engine, spec, cluster.spec);
    // NOTE: a change that allocates nothing leaves the tenant alone, so that writers of different clusters do not meet there. It changes no
    // bill either, so it does not guard what was observed, unless it moves to another version, which depends on the one that runs: the
    // status writes of the reconciler cannot cost it its rounds.
    const isReallocated = JSON.stringify(spec.resources) !== JSON.stringify(cluster.spec.resources);
    checkAlertsTogether(otherAlertBytes, call.body.alerts);
    const allocation = isReallocated ? allocationWith(clusters, { name: cluster.name, spec }) : undefined;
    if (allocation) checkPool(allocation.allocated, planOf(tenant, platform.plans));

    const key = keyOf(cluster);
    const write = updateIf(cluster, spec);
    const updated = afterWrite(write, call.now, cluster);
    return {
      target: `clusters/${cluster.name}`,
      writes: [write, ...(allocation ? [allocationWrite(tenant, allocation)] : []), ...(allocation || version ? [observeIf(cluster)] : [])],
      ledger: isReallocated ? clusterEntries(cluster, { spec }, call.billedNow()) : [],
      events: [{ key, type: 'changed', message: `Cluster "${cluster.name}" was changed: ${Object.keys(call.body).join(', ')}` }],
      wake: [key],
      answer: {
        body: { ...renderCluster(updated, version && versionWarnings(version)), ...(call.isValidation && { price: priceOf(spec) }) },
        tagged: updated,
      },
    };
  },
});
