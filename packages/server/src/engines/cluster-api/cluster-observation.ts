import { withoutTrailing } from '@openkupe/contract/without-trailing';
import type { Observation } from '../engine.ts';
import type { KubernetesObject } from '../kubernetes/kubernetes-object.ts';
import { hasDrifted, lastGeneration, type TopologySpec } from './cluster-object.ts';

/** A condition: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/condition/ */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** Replicas of a tier. An absent count is one that Cluster API does not know yet. */
interface Replicas {
  readonly desiredReplicas?: number;
  readonly replicas?: number;
  readonly upToDateReplicas?: number;
  readonly readyReplicas?: number;
  /** How many replicas run which version. */
  readonly versions?: readonly { readonly version: string }[];
}

/** The parts of a Cluster that are read (cluster.x-k8s.io/v1beta2). */
export interface Cluster extends KubernetesObject {
  readonly spec?: Partial<TopologySpec> & { readonly paused?: boolean };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly Condition[];
    readonly controlPlane?: Replicas;
    readonly workers?: Replicas;
  };
}

/** The conditions whose failure is the reason, in the order in which a cluster comes about. */
const REASONS = ['TopologyReconciled', 'InfrastructureReady', 'ControlPlaneInitialized', 'ControlPlaneAvailable', 'WorkersAvailable'];
/** Reasons of TopologyReconciled for which Cluster API waits for a person. */
const BROKEN = new Set(['ReconcileFailed', 'ClusterClassNotReconciled']);
/** A failure counts as a fault once it has lasted so long: Cluster API reports conflicts that its next try resolves. In milliseconds. */
const FAULT_MS = 60_000;
const LONGEST_REASON = 300;

/** The message of a condition as one sentence without a full stop. Cluster API writes lists, an item a line. */
export function sentenceOf({ type, reason, message = '' }: Condition): string {
  const items = message.split('\n').map((line) => line.trim().replace(/^\* ?/, ''));
  const joined = items.filter(Boolean).reduce((text, item) => text + (text.endsWith(':') ? ' ' : '; ') + item, '');
  const text = joined.slice('; '.length) || `${type} is not true: ${reason}`;
  return text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)}…` : withoutTrailing(text, '.');
}

const minorAndPatch = (version: string) => version.split('.').slice(1).map(Number) as [number, number];

/** The oldest version that a replica of the control plane runs; empty before the first. */
function runningVersion({ status }: Cluster): string {
  const versions = (status?.controlPlane?.versions ?? []).map(({ version }) => version);
  const sorted = versions.sort((left, right) => {
    const [[minor, patch], [otherMinor, otherPatch]] = [minorAndPatch(left), minorAndPatch(right)];
    return minor - otherMinor || patch - otherPatch;
  });
  return sorted[0] ?? '';
}

/** Whether every replica of a tier is there, up to date and ready, and none more. */
function isWhole(tier: Replicas | undefined, wanted: number): boolean {
  const { desiredReplicas, replicas = 0, upToDateReplicas = 0, readyReplicas = 0 } = tier ?? {};
  return [desiredReplicas ?? 0, replicas, upToDateReplicas, readyReplicas].every((count) => count === wanted);
}

/** Whether the topology that was applied is what runs. */
function isRolledOut(cluster: Cluster, is: (type: string) => boolean): boolean {
  const { metadata, spec, status } = cluster;
  const topology = spec?.topology;
  if (!topology || status?.observedGeneration !== metadata.generation) return false;
  const workers = topology.workers.machineDeployments.reduce((sum, { replicas }) => sum + replicas, 0);
  const isAsWanted = isWhole(status?.controlPlane, topology.controlPlane.replicas) && isWhole(status?.workers, workers);
  return is('TopologyReconciled') && !is('RollingOut') && isAsWanted && runningVersion(cluster) === topology.version;
}

/** Why it is not ready or rolled out; empty where Cluster API names no reason. */
function reasonOf({ spec }: Cluster, conditionOf: (type: string) => Condition | undefined): string {
  const deleting = conditionOf('Deleting');
  if (deleting?.status === 'True') return sentenceOf(deleting);
  if (spec?.paused || conditionOf('Paused')?.status === 'True')
    return 'Its Cluster is paused on the host, so that Cluster API does nothing for it';
  for (const type of REASONS) {
    const condition = conditionOf(type);
    if (condition?.status === 'False' || condition?.status === 'Unknown') return sentenceOf(condition);
  }
  if (conditionOf('RemoteConnectionProbe')?.status === 'False') return 'Cluster API does not reach its API server';
  const rolling = ['RollingOut', 'ScalingUp', 'ScalingDown'].map(conditionOf).find((condition) => condition?.status === 'True');
  if (rolling) return sentenceOf(rolling);
  return '';
}

/**
 * The observation of a Cluster. `answers` is whether its API server answered just now, `undefined` where it was not asked; `nowMs` is the time
 * that faults are measured by. Etcd is that of the control plane's machines: Cluster API says nothing of another.
 */
export function observationOf(cluster: Cluster, answers: boolean | undefined, nowMs: number): Observation {
  const { metadata, status } = cluster;
  const conditionOf = (type: string) => status?.conditions?.find((condition) => condition.type === type);
  const is = (type: string) => conditionOf(type)?.status === 'True';
  const topology = conditionOf('TopologyReconciled');
  const isDeleting = metadata.deletionTimestamp !== undefined;
  const failedMs = topology?.status === 'False' && BROKEN.has(topology.reason) ? nowMs - Date.parse(topology.lastTransitionTime ?? '') : 0;
  const isReady = !isDeleting && is('Available') && is('ControlPlaneInitialized') && answers === true;
  const rolledOut = !isDeleting && isRolledOut(cluster, is);
  const isSilent = answers === false && is('ControlPlaneInitialized');
  const otherwise = isReady || isDeleting ? '' : isSilent ? 'Its API server does not answer' : 'Cluster API has not reported on it yet';
  const reason = reasonOf(cluster, conditionOf) || otherwise;
  const ready = status?.controlPlane?.readyReplicas ?? 0;
  return {
    exists: true,
    isReady,
    isRolledOut: rolledOut,
    appliedGeneration: hasDrifted(cluster) && !isDeleting ? 0 : lastGeneration(cluster),
    runningVersion: runningVersion(cluster),
    reason: isReady && rolledOut ? '' : reason || (isDeleting ? 'Its Cluster on the host is being deleted' : ''),
    isFaulty: !isDeleting && failedMs > FAULT_MS,
    ...(cluster.spec?.topology?.controlPlane.replicas === 3 && { replicas: { controlPlane: ready, etcd: ready } }),
  };
}
