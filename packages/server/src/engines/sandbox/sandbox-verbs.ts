import type { Clock, Random } from '@openkupe/contract';
import type { ClusterSpec } from '../../store/resource.ts';
import { type ClusterAccess, type ClusterRef, findVersion, NOTHING, type Observation } from '../engine.ts';
import { createAuthority } from '../x509/certificates.ts';
import type { ClusterRecord } from './cluster-record.ts';
import type { ClusterRecords } from './cluster-records.ts';
import type { Endpoints } from './endpoints.ts';
import type { Faults } from './faults.ts';
import { SANDBOX_VERSIONS } from './kubernetes-versions.ts';
import { appliedAgain, firstApplied, isProvisioned, observationAt, type SandboxDurations } from './life-cycle.ts';
import type { SecretStore } from './secret-store.ts';
import { findFreePort } from './tls-listener.ts';

/** The parts of a running sandbox, which its verbs work on. */
export interface Sandbox {
  readonly clock: Clock;
  readonly random: Random;
  readonly durations: SandboxDurations;
  /** The time of the life cycle: never set back while the process runs. */
  readonly now: () => number;
  readonly records: ClusterRecords;
  readonly endpoints: Endpoints;
  readonly secrets: SecretStore;
  readonly faults: Faults;
}

/** A cluster whose record cannot be read: it exists and is faulty. Nothing is applied, which would make it anew. */
const UNREADABLE: Observation = {
  ...NOTHING,
  exists: true,
  appliedGeneration: Number.POSITIVE_INFINITY,
  reason: 'Its record in the sandbox cannot be read; restore it from a backup, or delete the cluster and create it again',
  isFaulty: true,
};

/** Whether the API server of the cluster can be reached. */
export function isUp({ records, faults, now }: Sandbox, ref: Pick<ClusterRef, 'uid' | 'name'>): boolean {
  const record = records.get(ref.uid);
  const fault = faults.faultOf(ref);
  return record !== undefined && isProvisioned(record, now(), fault) && fault !== 'unreachable';
}

/** Opens or closes the endpoint as the state of the cluster requires; returns the record with the port. */
export async function settleEndpoint(sandbox: Sandbox, record: ClusterRecord): Promise<ClusterRecord> {
  const { records, endpoints, faults, now } = sandbox;
  if (!isUp(sandbox, record)) {
    await endpoints.close(record.uid);
    return record;
  }
  const port = await endpoints.open(record, () => {
    const current = records.get(record.uid);
    if (!current) return { version: '', isHealthy: false, createdAt: 0 };
    const { runningVersion: version, isFaulty } = observationAt(current, now(), faults.faultOf(current), true);
    return { version, isHealthy: !isFaulty, createdAt: current.createdAt };
  });
  return port === record.port ? record : records.save({ ...record, port });
}

/** {@link ClusterEngine.apply} */
export async function apply(sandbox: Sandbox, ref: ClusterRef, spec: ClusterSpec, generation: number): Promise<void> {
  const { clock, random, durations, records, faults, now } = sandbox;
  const broken = records.broken.get(ref.uid);
  if (broken) throw broken;
  const fault = faults.faultOf(ref);
  if (fault === 'apply-fails') throw new Error(`Cannot apply cluster "${ref.name}": a fault was switched on; mend it`);
  const version = findVersion(SANDBOX_VERSIONS, spec.version)?.full;
  if (!version) throw new Error(`Cannot run version "${spec.version}" in cluster "${ref.name}": ask for one of the sandbox's versions`);
  const record = records.get(ref.uid);
  if (record?.goneAt !== undefined) throw new Error(`Cannot apply cluster "${ref.name}": it is being destroyed; create another`);
  const applied = { generation, spec, version };
  if (!record) {
    const authority = createAuthority(`cluster ${ref.uid}`.slice(0, 64), clock.now(), random);
    // NOTE: found now, so that the record is written once. It is another one later if another program has taken it meanwhile.
    const port = await findFreePort();
    await records.save({ ...firstApplied(ref, applied, authority, durations, now()), port });
    return;
  }
  const next = appliedAgain(record, applied, durations, now(), fault);
  if (next !== record) await records.save(next);
}

/** {@link ClusterEngine.observe} */
export async function observe(sandbox: Sandbox, { uid }: ClusterRef): Promise<Observation> {
  const { records, endpoints, faults, now } = sandbox;
  if (records.broken.get(uid)) return UNREADABLE;
  const record = records.get(uid);
  if (!record) return NOTHING;
  const settled = await settleEndpoint(sandbox, record);
  return observationAt(settled, now(), faults.faultOf(settled), endpoints.isListening(uid));
}

/** {@link ClusterEngine.access} */
export async function access(sandbox: Sandbox, { uid }: ClusterRef): Promise<ClusterAccess | undefined> {
  const record = sandbox.records.get(uid);
  if (!record || !isProvisioned(record, sandbox.now(), sandbox.faults.faultOf(record))) return undefined;
  const { port, authority } = await settleEndpoint(sandbox, record);
  return port === undefined ? undefined : { endpoint: sandbox.endpoints.url(port), caPem: authority.certificatePem };
}

/** {@link ClusterEngine.destroy} */
export async function destroy(sandbox: Sandbox, ref: ClusterRef): Promise<'deleting' | 'gone'> {
  const { records, endpoints, secrets, faults, durations, now } = sandbox;
  const record = records.get(ref.uid);
  if (record) {
    await endpoints.close(ref.uid);
    const nowMs = now();
    const goneAt = record.goneAt ?? nowMs + durations.terminatingMs;
    if (record.goneAt === undefined) await records.save({ ...record, goneAt, destroyedAt: nowMs });
    if (nowMs < goneAt || faults.faultOf(ref) === 'never-gone') return 'deleting';
  }
  if (record || records.broken.get(ref.uid)) await records.remove(ref.uid);
  secrets.clear(ref.uid);
  return 'gone';
}
