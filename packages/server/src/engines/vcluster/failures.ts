import { publicText } from '../kubernetes/public-text.ts';
import type { HostObject } from './host-object.ts';

/** A fault of a control plane, in words for a person. */
export interface Failure {
  readonly reason: string;
  /** Whether waiting will not mend it. */
  readonly isFaulty: boolean;
}

/** What is known of a control plane that is not ready. */
export interface Evidence {
  readonly pods: readonly Pod[];
  readonly claims: readonly Claim[];
  readonly events: readonly HostEvent[];
}

/** The parts of a Pod that are read. */
export type Pod = HostObject & { readonly status?: { readonly conditions?: readonly Condition[] } & ContainerLists };
/** The parts of a PersistentVolumeClaim that are read. */
export type Claim = HostObject & { readonly status?: { readonly phase?: string } };
/** The parts of an Event that are read. */
export type HostEvent = HostObject & {
  readonly reason?: string;
  readonly message?: string;
  readonly involvedObject?: { readonly kind?: string; readonly name?: string };
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
};

interface ContainerLists {
  readonly initContainerStatuses?: readonly ContainerStatus[];
  readonly containerStatuses?: readonly ContainerStatus[];
}
interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string | null;
}
interface ContainerStatus {
  readonly name: string;
  readonly state?: { readonly waiting?: Ended; readonly terminated?: Ended };
  readonly lastState?: { readonly terminated?: Ended };
}
interface Ended {
  readonly reason?: string;
  readonly message?: string;
  readonly exitCode?: number;
}

/** A state that many control planes pass through is a fault only when it lasts. In milliseconds. */
const GRACE_MS = 15_000;
/** An Event is repeated while its cause lasts; an older one has passed. In milliseconds. */
const RECENT_MS = 15 * 60_000;

const STUCK = new Set(['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'CreateContainerConfigError', 'CreateContainerError']);

const hasLasted = (since: string | null | undefined, now: number) => now - Date.parse(since ?? '') >= GRACE_MS;

function latest(events: readonly HostEvent[], now: number, matches: (event: HostEvent) => boolean): HostEvent | undefined {
  const at = (event: HostEvent) => Date.parse(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? '');
  const recent = events.filter((event) => matches(event) && now - at(event) < RECENT_MS);
  return recent.sort((one, other) => at(other) - at(one))[0];
}

/** A quota, or an admission webhook, that refuses the pods of the control plane. */
function refusedPods({ events, pods }: Evidence, now: number): Failure | undefined {
  const event = latest(events, now, ({ reason, involvedObject }) => reason === 'FailedCreate' && involvedObject?.kind === 'StatefulSet');
  if (!event || pods.length > 0) return undefined;
  return { reason: `The pods of its control plane are refused: ${publicText(event.message ?? '')}`, isFaulty: true };
}

function unboundClaim({ claims, events }: Evidence, now: number): Failure | undefined {
  const claim = claims.find(({ status, metadata }) => status?.phase === 'Pending' && hasLasted(metadata.creationTimestamp, now));
  if (!claim) return undefined;
  const { name } = claim.metadata;
  const event = latest(events, now, ({ involvedObject: about }) => about?.kind === 'PersistentVolumeClaim' && about.name === name);
  const why = event?.message === undefined ? '' : `: ${publicText(event.message)}`;
  return { reason: `The volume "${name}" of its control plane is not there yet${why}`, isFaulty: false };
}

function unschedulable({ pods }: Evidence, now: number): Failure | undefined {
  for (const pod of pods) {
    const found = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
    if (found?.reason !== 'Unschedulable' || !hasLasted(found.lastTransitionTime, now)) continue;
    return { reason: `No node of the host takes the pod "${pod.metadata.name}": ${publicText(found.message ?? '')}`, isFaulty: false };
  }
  return undefined;
}

function failedContainer({ pods }: Evidence, now: number): Failure | undefined {
  for (const pod of pods) {
    const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
    for (const { name, state, lastState } of [...initContainerStatuses, ...containerStatuses]) {
      const waiting = state?.waiting;
      const where = `The container "${name}" of its control plane`;
      if (STUCK.has(waiting?.reason ?? '') && hasLasted(pod.metadata.creationTimestamp, now)) {
        return { reason: `${where} cannot start (${waiting?.reason}): ${publicText(waiting?.message ?? '')}`, isFaulty: true };
      }
      if (waiting?.reason !== 'CrashLoopBackOff') continue;
      const { reason = 'Error', exitCode, message } = lastState?.terminated ?? {};
      const detail = message === undefined ? '' : `: ${publicText(message)}`;
      return { reason: `${where} ends again and again (${reason}, exit code ${exitCode ?? 'unknown'})${detail}`, isFaulty: true };
    }
  }
  return undefined;
}

/** The first of the faults that explain why a control plane is not ready; `undefined` when none is known. `now` in epoch milliseconds. */
export function findFailure(evidence: Evidence, now: number): Failure | undefined {
  for (const find of [refusedPods, failedContainer, unboundClaim, unschedulable]) {
    const found = find(evidence, now);
    if (found) return found;
  }
  return undefined;
}

const STUCK_DELETION = [
  'NamespaceDeletionContentFailure',
  'NamespaceDeletionDiscoveryFailure',
  'NamespaceFinalizersRemaining',
  'NamespaceContentRemaining',
];

/** What a namespace that is being deleted waits for, once that has lasted. `now` in epoch milliseconds. */
export function deletionReason(namespace: HostObject, now: number): string {
  const { conditions = [] } = (namespace.status ?? {}) as { conditions?: readonly Condition[] };
  if (!hasLasted(namespace.metadata.deletionTimestamp, now)) return 'It is being deleted';
  for (const type of STUCK_DELETION) {
    const found = conditions.find((condition) => condition.type === type && condition.status === 'True');
    if (found) return `Its deletion waits on the host: ${publicText(found.message ?? type)}`;
  }
  return 'It is being deleted';
}
