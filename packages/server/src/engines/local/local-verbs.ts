import { generateKeyPairSync } from 'node:crypto';
import { counted } from '@openkupe/contract';
import type { ClusterSpec } from '../../store/resource.ts';
import {
  type CertificateIssuer,
  type ClusterAccess,
  type ClusterRef,
  findVersion,
  NOTHING,
  type Observation,
  type SpecProblem,
} from '../engine.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { probe } from '../kubernetes/probe.ts';
import { createAuthority, issueCertificate } from '../x509/certificates.ts';
import { freePort, HOST } from './free-port.ts';
import type { LocalMachine } from './local-machine.ts';
import type { LocalRecord } from './local-record.ts';

/** A cluster whose record cannot be read: it exists and is faulty. Nothing is applied, which would make it anew. */
const UNREADABLE: Observation = {
  ...NOTHING,
  exists: true,
  appliedGeneration: Number.POSITIVE_INFINITY,
  reason: 'Its record on this machine cannot be read; restore it from a backup, or delete the cluster and create it again',
  isFaulty: true,
};

/** What a control plane alone lacks. */
const NO_NODES = 'It has no nodes: pods stay Pending';

/** {@link ClusterEngine.validate} */
export function validate({ records, mostClusters }: LocalMachine, spec: ClusterSpec, previous?: ClusterSpec): SpecProblem[] {
  if (spec.highAvailability) {
    return [
      {
        field: 'highAvailability',
        message: 'highAvailability is not possible for clusters that run as processes of one machine; leave it out',
      },
    ];
  }
  if (previous || records.all().length < mostClusters) return [];
  return [
    {
      message: `This installation runs at most ${counted(mostClusters, 'cluster')} (OPENKUPE_LOCAL_CLUSTERS) and has no room for another; delete one first`,
    },
  ];
}

/** {@link ClusterEngine.apply}, but for what it makes of the record */
export async function apply(machine: LocalMachine, ref: ClusterRef, spec: ClusterSpec, generation: number): Promise<void> {
  const { clock, random, programs, records } = machine;
  const broken = records.broken.get(ref.uid);
  if (broken) throw broken;
  const version = findVersion(programs.versions, spec.version)?.full;
  if (!version) throw new Error(`Cannot run version "${spec.version}" in cluster "${ref.name}": its programs are not on this machine`);
  const record = records.get(ref.uid);
  if (record?.isDestroyed) throw new Error(`Cannot apply cluster "${ref.name}": it is being destroyed; create another`);
  if (record) {
    if (generation > record.generation) await records.save({ ...record, generation, version });
    return;
  }
  const { tenant, name, uid } = ref;
  await records.save({
    format: 1,
    tenant,
    name,
    uid,
    createdAt: clock.now(),
    generation,
    version,
    runningVersion: '',
    port: await freePort(),
    authority: createAuthority(`cluster ${uid}`.slice(0, 64), clock.now(), random, 'openkupe local'),
    // NOTE: in the form of SEC 1, of which Kubernetes reads the public key, too.
    serviceAccountKeyPem: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'sec1', format: 'pem' }) as string,
  });
}

/** The client of a cluster that was ready, and is not about to go. */
export async function clientOf({ clients, records }: LocalMachine, { uid }: ClusterRef): Promise<KubernetesClient | undefined> {
  const record = records.get(uid);
  return !record || record.runningVersion === '' || record.isDestroyed ? undefined : clients.of(record, records.folderOf(uid));
}

/** Why the API server is not ready; empty when it answers `/readyz` with 200 now. */
async function notReadyBecause({ clients, records, processes }: LocalMachine, record: LocalRecord): Promise<string> {
  const { apiServer } = processes.of(record.uid);
  try {
    const client = await clients.of(record, records.folderOf(record.uid));
    await probe(client, '/readyz');
    return '';
  } catch {
    if (apiServer.lastEnd) return `${apiServer.lastEnd} and is started again`;
    return apiServer.isRunning ? 'Its API server does not answer that it is ready' : 'Its API server starts';
  }
}

/** {@link ClusterEngine.observe} */
export async function observe(machine: LocalMachine, { uid }: ClusterRef): Promise<Observation> {
  const { records, processes, problems } = machine;
  if (records.broken.has(uid)) return UNREADABLE;
  const record = records.get(uid);
  if (!record) return NOTHING;
  const { generation: appliedGeneration, runningVersion, version } = record;
  const seen = { exists: true, isReady: false, isRolledOut: false, appliedGeneration, runningVersion, isFaulty: false };
  const problem = problems.get(uid);
  if (record.isDestroyed) return { ...seen, reason: problem ?? 'Its processes are being ended' };
  const { apiServer, controllers } = processes.of(uid);
  if (problem !== undefined) {
    const isReady = runningVersion !== '' && (await notReadyBecause(machine, record)) === '';
    return { ...seen, isReady, reason: problem, isFaulty: true };
  }
  if (runningVersion === '') return { ...seen, reason: controllers.isRunning ? 'Its controller manager starts' : 'Its API server starts' };
  if (runningVersion !== version) return { ...seen, reason: `Its processes are being replaced by those of ${version}` };
  const reason = await notReadyBecause(machine, record);
  if (reason !== '') return { ...seen, reason, isFaulty: apiServer.lastEnd !== '' };
  if (controllers.isRunning) return { ...seen, isReady: true, isRolledOut: true, reason: '', lacks: NO_NODES };
  const { lastEnd } = controllers;
  return {
    ...seen,
    isReady: true,
    reason: lastEnd ? `${lastEnd} and is started again` : 'Its controller manager starts',
    isFaulty: lastEnd !== '',
  };
}

/** {@link ClusterEngine.access} */
export function access({ records }: LocalMachine, { uid }: ClusterRef): ClusterAccess | undefined {
  const record = records.get(uid);
  if (!record || record.runningVersion === '' || record.isDestroyed) return undefined;
  return { endpoint: `https://${HOST}:${record.port}`, caPem: record.authority.certificatePem };
}

/** {@link ClusterEngine.certificateIssuer} */
export function certificateIssuer({ records, clock, random }: LocalMachine, { uid }: ClusterRef): CertificateIssuer | 'not-ready' {
  const record = records.get(uid);
  if (!record || record.runningVersion === '' || record.isDestroyed) return 'not-ready';
  const { authority } = record;
  return ({ user, groups, endsAt }) =>
    issueCertificate(authority, { commonName: user, organizations: groups, usages: ['client'], endsAt }, clock.now(), random);
}

/** {@link ClusterEngine.destroy}, but for what it makes of the record */
export async function destroy({ records }: LocalMachine, { uid }: ClusterRef): Promise<'deleting' | 'gone'> {
  const record = records.get(uid);
  if (record && !record.isDestroyed) await records.save({ ...record, isDestroyed: true });
  return record || records.broken.has(uid) ? 'deleting' : 'gone';
}
