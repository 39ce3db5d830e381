import { type ClusterRef, findVersion, type Observation } from '../engine.ts';
import { isStatus } from '../kubernetes/kubernetes-error.ts';
import { ensureRoleBindings } from '../kubernetes/role-bindings.ts';
import { type Claim, deletionReason, type Failure, findFailure, type HostEvent, type Pod } from './failures.ts';
import { hostNames } from './host-names.ts';
import type { HostObject } from './host-object.ts';
import { type Intent, intentOf, isOurs, NAMESPACES, OwnershipError } from './intent.ts';
import { renderCluster } from './render.ts';
import { type Live, readLive, settle } from './settle.ts';
import type { Tenant } from './tenant.ts';
import type { Vcluster } from './vcluster.ts';

/** A cluster that is not there. */
export const NOTHING: Observation = {
  exists: false,
  isReady: false,
  isRolledOut: false,
  appliedGeneration: 0,
  runningVersion: '',
  reason: '',
  isFaulty: false,
};

interface Workload {
  readonly metadata: { readonly generation?: number };
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly currentRevision?: string;
    readonly updateRevision?: string;
  };
}

/** Whether every pod of a StatefulSet is of its newest revision and ready. */
function isRolledOut({ metadata, spec, status = {} }: Workload): boolean {
  const { readyReplicas, updatedReplicas, currentRevision, updateRevision } = status;
  const replicas = spec?.replicas ?? 1;
  const isSeen = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  return isSeen && readyReplicas === replicas && updatedReplicas === replicas && currentRevision === updateRevision;
}

/** What the API server of the cluster says: the version that runs, empty where it does not answer. */
async function askTenant(tenant: Tenant | undefined): Promise<{ isReady: boolean; runningVersion: string }> {
  const [ready, version] = await Promise.allSettled([tenant?.client.raw('/readyz'), tenant?.client.raw('/version')]);
  const text = version.status === 'fulfilled' ? version.value : undefined;
  const runningVersion = text === undefined ? '' : ((JSON.parse(text) as { gitVersion?: string }).gitVersion ?? '');
  return { isReady: ready.status === 'fulfilled' && ready.value !== undefined, runningVersion };
}

/** Gives the roles of the API their rights in the cluster; what is in the way, where something is. */
async function bindRoles({ client }: Tenant, ref: ClusterRef): Promise<Failure | undefined> {
  const refused = await ensureRoleBindings(client, ref);
  if (refused.length === 0) return undefined;
  const names = refused.map((name) => `"${name}"`).join(', ');
  return { reason: `Its ClusterRoleBindings ${names} are of another owner; delete them, then they are made anew`, isFaulty: true };
}

/** Why the host could not be brought to agree, where asking again would say the same. */
function refusalOf(error: unknown): string | undefined {
  if (error instanceof OwnershipError) return error.message;
  // NOTE: a field that cannot be changed, a right that openkupe does not have, a quota or a webhook of the host.
  return isStatus(error, 422, 403, 400) ? `The host cluster refuses it: ${error.message.slice(0, 400)}` : undefined;
}

/** {@link ClusterEngine.observe}: what is there, after what is missing or was changed by others was put right. */
export async function observe(vcluster: Vcluster, ref: ClusterRef): Promise<Observation> {
  const { host, settings } = vcluster;
  const { namespace: name } = hostNames(ref);
  const namespace = await host.get<HostObject>(NAMESPACES, { name });
  if (!namespace) return NOTHING;
  if (!isOurs(namespace, ref)) return { ...NOTHING, reason: new OwnershipError(namespace).message, isFaulty: true };
  const intent = intentOf(namespace);
  const known = { ...NOTHING, exists: true, appliedGeneration: intent?.generation ?? 0 };
  if (namespace.metadata.deletionTimestamp !== undefined) return { ...known, reason: deletionReason(namespace) };
  if (!intent) return { ...known, reason: 'What is asked for has to be written again' };
  const version = findVersion(settings.versions, intent.spec.version);
  if (!version) return { ...known, reason: `Version "${intent.spec.version}" is not in the list of versions any more`, isFaulty: true };
  const live = await readLive(host, ref);
  try {
    const settled = await settle(host, ref, renderCluster(ref, intent.spec, version, settings), live);
    return { ...known, ...(await statusOf(vcluster, ref, intent, version.full, settled)) };
  } catch (error) {
    const reason = refusalOf(error);
    if (reason === undefined) throw error;
    const tenant = await vcluster.tenants.of(ref, live.get(`Service/${hostNames(ref).release}`));
    return { ...known, ...(await askTenant(tenant)), reason, isFaulty: true };
  }
}

async function statusOf(vcluster: Vcluster, ref: ClusterRef, { spec }: Intent, wanted: string, live: Live): Promise<Partial<Observation>> {
  const { release } = hostNames(ref);
  const sets = [release, ...(spec.highAvailability ? [`${release}-etcd`] : [])].map(
    (name) => (live.get(`StatefulSet/${name}`) ?? { metadata: {} }) as unknown as Workload,
  );
  const tenant = await vcluster.tenants.of(ref, live.get(`Service/${release}`));
  const { isReady, runningVersion } = await askTenant(tenant);
  if (!isReady) vcluster.tenants.distrust(ref.uid);
  const isDone = isReady && sets.every(isRolledOut) && runningVersion === wanted;
  const conflict = tenant && isReady ? await bindRoles(tenant, ref) : undefined;
  const [controlPlane = 0, etcd = 0] = sets.map(({ status }) => status?.readyReplicas ?? 0);
  const replicas = spec.highAvailability ? { replicas: { controlPlane, etcd } } : {};
  if (isDone) return { isReady, isRolledOut: true, runningVersion, ...conflict, ...replicas };
  const failure = findFailure(await readEvidence(vcluster, ref), vcluster.clock.now());
  const waiting = { reason: reasonFor(tenant !== undefined, isReady, runningVersion, wanted), isFaulty: false };
  return { isReady, runningVersion, ...(failure ?? waiting), ...replicas };
}

function reasonFor(hasStarted: boolean, isReady: boolean, running: string, wanted: string): string {
  if (!hasStarted) return 'Its control plane starts';
  if (!isReady) return 'Its API server does not answer';
  return running === wanted ? 'The pods of its control plane are being replaced' : `It is being moved from ${running} to ${wanted}`;
}

/** Reads why a control plane is not ready. */
async function readEvidence({ host }: Vcluster, ref: ClusterRef) {
  const { namespace, release } = hostNames(ref);
  const labelSelector = `release=${release}`;
  const core = (plural: string) => ({ apiVersion: 'v1', plural });
  const [pods, claims, events] = await Promise.all([
    host.list<Pod>(core('pods'), { namespace, labelSelector }),
    host.list<Claim>(core('persistentvolumeclaims'), { namespace, labelSelector }),
    host.list<HostEvent>(core('events'), { namespace }),
  ]);
  return { pods: pods.items, claims: claims.items, events: events.items };
}
