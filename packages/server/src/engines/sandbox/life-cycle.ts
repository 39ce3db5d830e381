import type { ClusterSpec } from '../../store/resource.ts';
import type { ClusterRef, Observation } from '../engine.ts';
import type { Authority } from './certificates.ts';
import type { ClusterRecord } from './cluster-record.ts';
import type { Fault } from './faults.ts';
import { replicasOf } from './replicas.ts';

/** How long each simulated change takes, in milliseconds. */
export interface SandboxDurations {
  readonly provisioningMs: number;
  readonly upgradingMs: number;
  readonly terminatingMs: number;
}

/** Long enough for a client that looks every ten seconds to see a cluster upgrading. */
export const SANDBOX_DURATIONS: SandboxDurations = { provisioningMs: 8_000, upgradingMs: 12_000, terminatingMs: 3_000 };

/** What was applied, with the full version that it means. */
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

/** The record after a later apply. A change while the cluster is still made joins the making; after that it is rolled out. */
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
  if (shape === record.shape || !isMade(record, now, fault)) return next;
  return { ...next, previousVersion: runningVersion(record, now), rolledOutAt: now + durations.upgradingMs, changedAt: now };
}

/**
 * A record as another process left it, with nothing further away than the delay it was stored with: a moment that is, was stored under a
 * wall clock that has been set back since. One set forward lets a simulated step end early, which harms nothing.
 */
export function anchored(record: ClusterRecord, durations: SandboxDurations, now: number): ClusterRecord {
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

/** Whether the control plane is made, so that its API server can answer. */
export function isMade(record: ClusterRecord, now: number, fault: Fault | undefined): boolean {
  return fault !== 'never-ready' && record.goneAt === undefined && now >= record.readyAt;
}

function runningVersion(record: ClusterRecord, now: number): string {
  return now < record.rolledOutAt ? record.previousVersion : record.version;
}

/** What the cluster looks like at `now`. `isListening` says whether its API server really answers. */
export function observed(record: ClusterRecord, now: number, fault: Fault | undefined, isListening: boolean): Observation {
  const isReady = isMade(record, now, fault) && isListening;
  const replicas = replicasOf(record, isMade(record, now, fault) ? now - record.readyAt : undefined, fault);
  return {
    ...(replicas ? { replicas } : {}),
    exists: true,
    isReady,
    isRolledOut: isReady && now >= record.rolledOutAt,
    appliedGeneration: record.generation,
    runningVersion: isMade(record, now, fault) ? runningVersion(record, now) : '',
    reason: reason(record, now, fault, isListening),
    isFaulty: fault === 'degraded' && record.goneAt === undefined,
  };
}

/** Says nothing that counts down: a text that changes with the time would be a change to record at every look. */
function reason(record: ClusterRecord, now: number, fault: Fault | undefined, isListening: boolean): string {
  if (record.goneAt !== undefined) return 'Its resources are being removed';
  if (fault === 'degraded') return 'A fault was switched on: the control plane reports itself unhealthy';
  if (!isMade(record, now, fault)) return 'The control plane is starting';
  if (!isListening) return 'The API server does not answer';
  if (now < record.rolledOutAt) return `Version ${record.version} is being rolled out`;
  return '';
}

/** What there is to see of a cluster that is not there. */
export const NOTHING: Observation = {
  exists: false,
  isReady: false,
  isRolledOut: false,
  appliedGeneration: 0,
  runningVersion: '',
  reason: '',
  isFaulty: false,
};
