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
  type KubernetesVersion,
  type PutSecretResult,
} from '../engine.ts';
import { deleteClusterSecret, putClusterSecret } from '../kubernetes/cluster-secrets.ts';
import { followChanges } from './follow-changes.ts';
import { hostNames } from './host-names.ts';
import { type HostObject, NAMESPACES, resourceOf } from './host-object.ts';
import { intentOf, isOurs, namespaceOf, OwnershipError } from './intent.ts';
import { observe } from './observe.ts';
import { renderCluster } from './render.ts';
import type { VclusterSettings } from './settings.ts';
import { readLive, settle } from './settle.ts';
import { createTenants, type Tenant } from './tenant.ts';
import type { HostClient, Vcluster } from './vcluster.ts';

const minorOf = (version: string) => Number(/^v?1\.(\d+)/.exec(version)?.[1] ?? Number.NaN);

/** Kubernetes has no downgrade, and an API server is moved by one minor version at a time (https://kubernetes.io/releases/version-skew-policy/). */
export function whyNotAfter(running: string, { minor, full }: KubernetesVersion): string | undefined {
  const [from, to] = [minorOf(running), minorOf(minor)];
  if (to < from) return `it runs ${running}, and Kubernetes has no downgrade`;
  return to > from + 1
    ? `it runs ${running}, and ${full} is more than one minor version away; upgrade it one minor version at a time`
    : undefined;
}

/** {@link ClusterEngine.apply} */
async function apply(vcluster: Vcluster, ref: ClusterRef, spec: ClusterSpec, generation: number): Promise<void> {
  const { host, settings } = vcluster;
  const version = findVersion(settings.versions, spec.version);
  if (!version) throw new Error(`Cannot run version "${spec.version}" in cluster "${ref.name}": ask for one of the listed versions`);
  const { namespace: name } = hostNames(ref);
  const there = await host.get<HostObject>(NAMESPACES, { name });
  if (there && !isOurs(there, ref)) throw new OwnershipError(there);
  if (there?.metadata.deletionTimestamp !== undefined) {
    throw new Error(`Cannot apply cluster "${ref.name}": it is being destroyed; create another`);
  }
  const before = there && intentOf(there);
  if (before && before.generation > generation) return;
  const namespace = namespaceOf(ref, { generation, spec }, there?.metadata.resourceVersion);
  // NOTE: one that was made since it was read, or the version of one that was changed, is a conflict.
  if (there) await host.apply(NAMESPACES, namespace, { isForced: true });
  else await host.create(NAMESPACES, namespace);
  await settle(host, ref, renderCluster(ref, spec, version, settings), await readLive(host, ref));
}

/** {@link ClusterEngine.destroy} */
async function destroy({ host, tenants }: Vcluster, ref: ClusterRef): Promise<'deleting' | 'gone'> {
  const { namespace: name } = hostNames(ref);
  const namespace = await host.get<HostObject>(NAMESPACES, { name });
  tenants.forget(ref.uid);
  if (!namespace || !isOurs(namespace, ref)) return 'gone';
  if (namespace.metadata.deletionTimestamp !== undefined) return 'deleting';
  return host.delete(NAMESPACES, { name }, { uid: namespace.metadata.uid });
}

/** The cluster's own API server; `undefined` until it can be reached, and once the cluster is being destroyed. */
async function tenantOf({ host, tenants }: Vcluster, ref: ClusterRef): Promise<Tenant | undefined> {
  const { namespace: name, release } = hostNames(ref);
  const namespace = await host.get<HostObject>(NAMESPACES, { name });
  if (!namespace || !isOurs(namespace, ref) || namespace.metadata.deletionTimestamp !== undefined) return undefined;
  const service = await host.get<HostObject>(resourceOf('Service'), { name: release, namespace: name });
  return tenants.of(ref, service);
}

async function access(vcluster: Vcluster, ref: ClusterRef): Promise<ClusterAccess | undefined> {
  const tenant = await tenantOf(vcluster, ref);
  return tenant && { endpoint: tenant.endpoint, caPem: tenant.caPem };
}

async function putSecret(vcluster: Vcluster, ref: ClusterRef, secret: FilledSecret): Promise<PutSecretResult> {
  const tenant = await tenantOf(vcluster, ref);
  return tenant ? putClusterSecret(tenant.client, ref, secret) : 'not-ready';
}

async function deleteSecret(vcluster: Vcluster, ref: ClusterRef, secret: ClusterSecret): Promise<'gone' | 'not-ready'> {
  const tenant = await tenantOf(vcluster, ref);
  // NOTE: a cluster that never had an API server has no Secrets.
  return tenant ? deleteClusterSecret(tenant.client, secret) : 'gone';
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
  const vcluster: Vcluster = { host, settings, clock, tenants };
  const mutex = createKeyedMutex();
  const closing = new AbortController();
  const known = new Map<string, ClusterRef>();
  const exclusively = <T>(ref: ClusterRef, verb: () => Promise<T>) => {
    known.set(ref.uid, ref);
    return mutex.run(ref.uid, verb);
  };
  return {
    versions: () => settings.versions,
    whyNotAfter,
    validate: () => [],
    unreadable: () => undefined,
    apply: (ref, spec, generation) => exclusively(ref, () => apply(vcluster, ref, spec, generation)),
    observe: (ref) => exclusively(ref, () => observe(vcluster, ref)),
    access: (ref) => exclusively(ref, () => access(vcluster, ref)),
    async destroy(ref) {
      const outcome = await exclusively(ref, () => destroy(vcluster, ref));
      if (outcome === 'gone') known.delete(ref.uid);
      return outcome;
    },
    putSecret: (ref, secret) => exclusively(ref, () => putSecret(vcluster, ref, secret)),
    deleteSecret: (ref, secret) => exclusively(ref, () => deleteSecret(vcluster, ref, secret)),
    onChange: (listener) => followChanges(vcluster, known, listener, closing.signal),
    async close() {
      closing.abort();
      await mutex.idle();
      tenants.closeAll();
      host.close();
    },
  };
}
