import type { ClusterSpec } from '../../store/resource.ts';
import type { ClusterRef, Observation } from '../engine.ts';
import type { Authority } from '../x509/certificates.ts';
import type { ClusterRecord } from './cluster-record.ts';
import type { Fault } from './faults.ts';
import { replicasOf } from './replicas.ts';

/** The duration of each simulated change, in milliseconds. */
export interface SandboxDurations {
  readonly provisioningMs: number;
  readonly upgradingMs: number;
  readonly terminatingMs: number;
}

/** An applied spec, with the full version that it resolves to. */
export interface Applied {
  readonly generation: number;
  readonly spec: ClusterSpec;
  readonly version: string;
}

/** Alert settings and the display name change nothing that runs. */
const shapeOf = ({ spec, version }: Applied) =>
  JSON.stringify([version, spec.type, spec.resources.cpu, spec.resources.memory, spec.resources.storage, spec.highAvailability]);

/** The record of a cluster that is applied for the first time. */
export function firstApplied(
  ref: ClusterRef,
  applied: Applied,
  authority: Authority,
  durations: SandboxDurations,
  now: number,
): ClusterRecord {
  const readyAt = now + durations.provisioningMs;
  return {
    format: 1,
    uid: ref.uid,
    tenant: ref.tenant,
    name: ref.name,
    createdAt: now,
    readyAt,
    generation: applied.generation,
    version: applied.version,
    shape: shapeOf(applied),
    ...(applied.spec.highAvailability ? { isHighlyAvailable: true } : {}),
    previousVersion: '',
    rolledOutAt: readyAt,
    changedAt: now,
    authority,
  };
}

/** The record after a later apply. A change during provisioning is part of it; a later one is rolled out. */
export function appliedAgain(
  record: ClusterRecord,
  applied: Applied,
  durations: SandboxDurations,
  now: number,
  fault: Fault | undefined,
): ClusterRecord {
  if (applied.generation <= record.generation) return record;
  const shape = shapeOf(applied);
  const next = { ...record, generation: applied.generation, version: applied.version, shape };
  if (shape === record.shape || !isProvisioned(record, now, fault)) return next;
  return { ...next, previousVersion: runningVersion(record, now), rolledOutAt: now + durations.upgradingMs, changedAt: now };
}

/**
 * A record read from disk, with no moment further away than the delay it was stored with: such a moment was stored before the wall clock
 * was set back. A clock that was set forward ends a simulated step early, which is harmless.
 */
export function clampDelays(record: ClusterRecord, durations: SandboxDurations, now: number): ClusterRecord {
  const { createdAt, readyAt, rolledOutAt, changedAt, goneAt, destroyedAt } = record;
  const notLater = (at: number, since: number | undefined, delayMs: number) =>
    Math.min(at, now + (since === undefined ? delayMs : at - since));
  return {
    ...record,
    createdAt: Math.min(createdAt, now),
    readyAt: notLater(readyAt, createdAt, durations.provisioningMs),
    rolledOutAt: notLater(rolledOutAt, changedAt, Math.max(durations.provisioningMs, durations.upgradingMs)),
    ...(changedAt === undefined ? {} : { changedAt: Math.min(changedAt, now) }),
    ...(goneAt === undefined ? {} : { goneAt: notLater(goneAt, destroyedAt, durations.terminatingMs) }),
    ...(destroyedAt === undefined ? {} : { destroyedAt: Math.min(destroyedAt, now) }),
  };
}

/** Whether provisioning is over, so that the API server can answer. */
export function isProvisioned(record: ClusterRecord, now: number, fault: Fault | undefined): boolean {
  return fault !== 'never-ready' && record.goneAt === undefined && now >= record.readyAt;
}

function runningVersion(record: ClusterRecord, now: number): string {
  return now < record.rolledOutAt ? record.previousVersion : record.version;
}

/** The observation of the cluster at `now`. `isListening` is whether its endpoint is open. */
export function observationAt(record: ClusterRecord, now: number, fault: Fault | undefined, isListening: boolean): Observation {
  const isReady = isProvisioned(record, now, fault) && isListening;
  const replicas = replicasOf(record, isProvisioned(record, now, fault) ? now - record.readyAt : undefined, fault);
  return {
    ...(replicas ? { replicas } : {}),
    exists: true,
    isReady,
    isRolledOut: isReady && now >= record.rolledOutAt,
    appliedGeneration: record.generation,
    runningVersion: isProvisioned(record, now, fault) ? runningVersion(record, now) : '',
    reason: reason(record, now, fault, isListening),
    isFaulty: fault === 'degraded' && record.goneAt === undefined,
  };
}

/** Constant while the state is: a text with the elapsed time would be a change to record at every observation. */
function reason(record: ClusterRecord, now: number, fault: Fault | undefined, isListening: boolean): string {
  if (record.goneAt !== undefined) return 'Its resources are being removed';
  if (fault === 'degraded') return 'A fault was switched on: the control plane reports itself unhealthy';
  if (!isProvisioned(record, now, fault)) return 'The control plane is starting';
  if (!isListening) return 'The API server does not answer';
  if (now < record.rolledOutAt) return `Version ${record.version} is being rolled out`;
  return '';
}
