import type { Clock } from '@openkupe/contract';
import { createKeyedMutex } from '../../store/keyed-mutex.ts';
import type { ClusterSpec } from '../../store/resource.ts';
import {
  type ClusterAccess,
  type ClusterEngine,
  type ClusterRef,
  type ClusterSecret,
  type FilledSecret,
  findVersion,
  type PutSecretResult,
} from '../engine.ts';
import { createRoleBinder } from '../kubernetes/bind-roles.ts';
import { deleteClusterSecret, putClusterSecret } from '../kubernetes/cluster-secrets.ts';
import { followClusters, type HostClient } from '../kubernetes/follow-clusters.ts';
import { isOfCluster } from '../kubernetes/labels.ts';
import { OwnershipError } from '../kubernetes/ownership-error.ts';
import { whyNotNext } from '../version-step.ts';
import { hostNames } from './host-names.ts';
import { type HostObject, NAMESPACES, REPORTED, resourceOf } from './host-object.ts';
import { intentOf, namespaceOf } from './intent.ts';
import { observe } from './observe.ts';
import { renderCluster } from './render.ts';
import type { VclusterSettings } from './settings.ts';
import { readLive, settle } from './settle.ts';
import { withStorageOf } from './storage.ts';
import { createTenants, type Tenant } from './tenant.ts';
import type { Vcluster } from './vcluster.ts';

/** {@link ClusterEngine.apply} */
async function apply(vcluster: Vcluster, ref: ClusterRef, spec: ClusterSpec, generation: number): Promise<void> {
  const { host, settings } = vcluster;
  const version = findVersion(settings.versions, spec.version);
  if (!version) throw new Error(`Cannot run version "${spec.version}" in cluster "${ref.name}": ask for one of the listed versions`);
  const { namespace: name } = hostNames(ref);
  const there = await host.get<HostObject>(NAMESPACES, { name });
  if (there && !isOfCluster(there, ref)) throw new OwnershipError(there);
  if (there?.metadata.deletionTimestamp !== undefined) {
    throw new Error(`Cannot apply cluster "${ref.name}": it is being destroyed; create another`);
  }
  const before = there && intentOf(there);
  if (before && before.generation > generation) return;
  const namespace = namespaceOf(ref, { generation, spec }, there?.metadata.resourceVersion);
  // NOTE: one that was made since it was read, or the version of one that was changed, is a conflict.
  if (there) await host.apply(NAMESPACES, namespace, { isForced: true });
  else await host.create(NAMESPACES, namespace);
  const live = await readLive(host, ref);
  await settle(host, ref, renderCluster(ref, spec, version, withStorageOf(live, settings)), live);
}

/** {@link ClusterEngine.destroy} */
async function destroy({ host, tenants }: Vcluster, ref: ClusterRef): Promise<'deleting' | 'gone'> {
  const { namespace: name } = hostNames(ref);
  const namespace = await host.get<HostObject>(NAMESPACES, { name });
  tenants.forget(ref.uid);
  if (!namespace || !isOfCluster(namespace, ref)) return 'gone';
  if (namespace.metadata.deletionTimestamp !== undefined) return 'deleting';
  return host.delete(NAMESPACES, { name }, { uid: namespace.metadata.uid });
}

/** The cluster's own API server. `not-ready` until it can be reached, `gone` where there is no such cluster, and once it is being destroyed. */
async function tenantOf({ host, tenants }: Vcluster, ref: ClusterRef): Promise<Tenant | 'not-ready' | 'gone'> {
  const { namespace: name, release } = hostNames(ref);
  const namespace = await host.get<HostObject>(NAMESPACES, { name });
  if (!namespace || !isOfCluster(namespace, ref) || namespace.metadata.deletionTimestamp !== undefined) return 'gone';
  const service = await host.get<HostObject>(resourceOf('Service'), { name: release, namespace: name });
  return (await tenants.of(ref, service)) ?? 'not-ready';
}

async function access(vcluster: Vcluster, ref: ClusterRef): Promise<ClusterAccess | undefined> {
  const tenant = await tenantOf(vcluster, ref);
  return typeof tenant === 'string' ? undefined : { endpoint: tenant.endpoint, caPem: tenant.caPem };
}

async function putSecret(vcluster: Vcluster, ref: ClusterRef, secret: FilledSecret): Promise<PutSecretResult> {
  const tenant = await tenantOf(vcluster, ref);
  return typeof tenant === 'string' ? 'not-ready' : putClusterSecret(tenant.client, ref, secret);
}

async function deleteSecret(vcluster: Vcluster, ref: ClusterRef, secret: ClusterSecret): Promise<'gone' | 'not-ready'> {
  const tenant = await tenantOf(vcluster, ref);
  // NOTE: one that cannot be reached may have the Secret, and be reached again.
  return typeof tenant === 'string' ? tenant : deleteClusterSecret(tenant.client, secret);
}

/** What the engine is made of. */
export interface VclusterDependencies {
  /** The API of the host cluster. The engine closes it. */
  readonly host: HostClient;
  readonly settings: VclusterSettings;
  readonly clock: Clock;
}

/**
 * Clusters as vClusters (https://www.vcluster.com, the open build) on one host cluster: a namespace for each, with a control plane in it. The host
 * holds all state: this process remembers connections alone, and another one goes on from what is there.
 */
export function createVclusterEngine({ host, settings, clock }: VclusterDependencies): ClusterEngine {
  const tenants = createTenants(host, settings.exposure, clock);
  const vcluster: Vcluster = { host, settings, clock, tenants, bindRoles: createRoleBinder(clock) };
  const mutex = createKeyedMutex();
  const closing = new AbortController();
  const exclusively = <T>(ref: ClusterRef, verb: () => Promise<T>) => mutex.run(ref.uid, verb);
  return {
    versions: () => settings.versions,
    whyNotAfter: whyNotNext,
    validate: () => [],
    unreadable: () => undefined,
    apply: (ref, spec, generation) => exclusively(ref, () => apply(vcluster, ref, spec, generation)),
    observe: (ref) => exclusively(ref, () => observe(vcluster, ref)),
    access: (ref) => exclusively(ref, () => access(vcluster, ref)),
    destroy: (ref) => exclusively(ref, () => destroy(vcluster, ref)),
    putSecret: (ref, secret) => exclusively(ref, () => putSecret(vcluster, ref, secret)),
    deleteSecret: (ref, secret) => exclusively(ref, () => deleteSecret(vcluster, ref, secret)),
    onChange: (listener) => followClusters(vcluster, REPORTED, listener, closing.signal),
    async close() {
      closing.abort();
      await mutex.idle();
      tenants.closeAll();
      host.close();
    },
  };
}
