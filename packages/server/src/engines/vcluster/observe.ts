import { type ClusterRef, findVersion, NOTHING, type Observation } from '../engine.ts';
import { isStatus } from '../kubernetes/kubernetes-error.ts';
import { isOfCluster } from '../kubernetes/labels.ts';
import { OwnershipError } from '../kubernetes/ownership-error.ts';
import { publicText } from '../kubernetes/public-text.ts';
import { askTenant } from './ask-tenant.ts';
import { type Claim, deletionReason, findFailure, type HostEvent, type Pod } from './failures.ts';
import { hostNames } from './host-names.ts';
import { type HostObject, NAMESPACES } from './host-object.ts';
import { type Intent, intentOf } from './intent.ts';
import { renderCluster } from './render.ts';
import { type Live, readLive, settle } from './settle.ts';
import { withStorageOf } from './storage.ts';
import type { Vcluster } from './vcluster.ts';

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

/** Why the host could not be brought to agree, where asking again would say the same. */
function refusalOf(error: unknown): string | undefined {
  if (error instanceof OwnershipError) return error.message;
  // NOTE: a field that cannot be changed, a right that openkupe does not have, a quota or a webhook of the host.
  return isStatus(error, 422, 403, 400) ? `The host cluster refuses it: ${publicText(error.message)}` : undefined;
}

/** {@link ClusterEngine.observe}: what is there, after what is missing or was changed by others was put right. */
export async function observe(vcluster: Vcluster, ref: ClusterRef): Promise<Observation> {
  const { host, settings, clock } = vcluster;
  const { namespace: name } = hostNames(ref);
  const namespace = await host.get<HostObject>(NAMESPACES, { name });
  if (!namespace) return NOTHING;
  if (!isOfCluster(namespace, ref)) return { ...NOTHING, reason: new OwnershipError(namespace).message, isFaulty: true };
  const intent = intentOf(namespace);
  const known = { ...NOTHING, exists: true, appliedGeneration: intent?.generation ?? 0 };
  if (namespace.metadata.deletionTimestamp !== undefined) return { ...known, reason: deletionReason(namespace, clock.now()) };
  if (!intent) return { ...known, reason: 'What is asked for has to be written again' };
  const live = await readLive(host, ref);
  const fault = async (reason: string) => ({ ...known, ...(await askTenant(vcluster, ref, live)).state, reason, isFaulty: true });
  const version = findVersion(settings.versions, intent.spec.version);
  if (!version) return fault(`Version "${intent.spec.version}" is not in the list of versions any more; ask for one that is`);
  try {
    const settled = await settle(host, ref, renderCluster(ref, intent.spec, version, withStorageOf(live, settings)), live);
    return { ...known, ...(await statusOf(vcluster, ref, intent, version.full, settled)) };
  } catch (error) {
    const reason = refusalOf(error);
    if (reason === undefined) throw error;
    return fault(reason);
  }
}

async function statusOf(vcluster: Vcluster, ref: ClusterRef, { spec }: Intent, wanted: string, live: Live): Promise<Partial<Observation>> {
  const { release } = hostNames(ref);
  const sets = [release, ...(spec.highAvailability ? [`${release}-etcd`] : [])].map(
    (name) => (live.get(`StatefulSet/${name}`) ?? { metadata: {} }) as unknown as Workload,
  );
  const { tenant, state } = await askTenant(vcluster, ref, live);
  const { runningVersion } = state;
  const problem = tenant && state.isReady ? await vcluster.bindRoles(tenant.client, ref) : undefined;
  // NOTE: a cluster in which the roles of the API have no rights yet is of no use.
  const isReady = state.isReady && problem?.isFaulty !== false;
  const isDone = isReady && sets.every(isRolledOut) && runningVersion === wanted;
  const [controlPlane = 0, etcd = 0] = sets.map(({ status }) => status?.readyReplicas ?? 0);
  const replicas = spec.highAvailability ? { replicas: { controlPlane, etcd } } : {};
  if (isDone) return { isReady, isRolledOut: true, runningVersion, ...problem, ...replicas };
  const failure = findFailure(await readEvidence(vcluster, ref), vcluster.clock.now());
  const waiting = problem ?? { reason: reasonFor(tenant !== undefined, isReady, runningVersion, wanted), isFaulty: false };
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
