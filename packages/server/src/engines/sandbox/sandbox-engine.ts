import { type Clock, type Random, steadyNow } from '@openkupe/contract';
import { BrokenDataError, type DamageReport } from '../../store/broken-data.ts';
import type { ClusterSpec } from '../../store/resource.ts';
import type { ClusterEngine, ClusterRef, Observation } from '../engine.ts';
import { createAuthority } from './certificates.ts';
import type { ClusterRecord } from './cluster-record.ts';
import { createEndpoints } from './endpoints.ts';
import { createFaults, type Faults } from './faults.ts';
import { resolveVersion, SANDBOX_VERSIONS, whyNotAfter } from './kubernetes-versions.ts';
import { anchored, appliedAgain, firstApplied, isMade, NOTHING, observed, type SandboxDurations } from './life-cycle.ts';
import { createOneAtATime } from './one-at-a-time.ts';
import { openRecordFolder } from './record-folder.ts';
import { createSecretShelf, type TokenCheck } from './secret-shelf.ts';

export interface SandboxOptions {
  /** Where the clusters are kept; made with mode 0700. One process at a time. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly durations: SandboxDurations;
  /** Asked before a record is written: throws where the folder is not the one that was opened. */
  readonly requirePlace?: () => void;
  /** The address that endpoints listen on; loopback when absent. */
  readonly listenHost?: string;
  /** The host in endpoint URLs, and a name in every server certificate; `listenHost` when absent. */
  readonly hostName?: string;
  /** What of the records cannot be read. */
  readonly damage?: DamageReport;
  /** Whether a bearer token may read Secrets in a tenant's clusters; nobody may when absent. */
  readonly checkToken?: TokenCheck;
}

/** The sandbox, with its faults. */
export interface SandboxEngine extends ClusterEngine {
  readonly faults: Faults;
}

/**
 * The embedded engine: clusters whose life cycle is simulated, each with a real TLS endpoint once it is ready. What a cluster looks
 * like follows from its record and the time, so nothing runs in between, and a restart loses nothing.
 */
export async function createSandboxEngine(options: SandboxOptions): Promise<SandboxEngine> {
  const { clock, random, durations, listenHost = '127.0.0.1', hostName = listenHost } = options;
  const folder = await openRecordFolder(options.folder, options.requirePlace ?? (() => {}));
  const shelf = createSecretShelf({ clock, checkToken: options.checkToken ?? (async () => 'unknown') });
  const endpoints = createEndpoints({ clock, random, listenHost, hostName, answerRead: shelf.answerRead });
  const faults = createFaults();
  const turns = createOneAtATime();
  let isClosed = false;
  const lifeNow = steadyNow(clock);
  const loaded = await folder.load();
  const records = new Map(loaded.records.map((record) => [record.uid, anchored(record, durations, lifeNow())]));
  const broken = new Map(loaded.broken);
  for (const [uid, error] of broken) options.damage?.note(error, () => broken.has(uid));

  async function save(record: ClusterRecord): Promise<ClusterRecord> {
    await folder.save(record);
    records.set(record.uid, record);
    return record;
  }

  /** Opens or closes the endpoint, whichever the cluster's state asks for. */
  async function settleEndpoint(record: ClusterRecord): Promise<ClusterRecord> {
    const fault = faults.faultOf(record);
    if (!isMade(record, lifeNow(), fault) || fault === 'unreachable') {
      await endpoints.close(record.uid);
      return record;
    }
    const port = await endpoints.open(record, () => apiServerState(record.uid));
    return port === record.port ? record : save({ ...record, port });
  }

  function apiServerState(uid: string) {
    const record = records.get(uid);
    if (!record) return { version: '', isHealthy: false, createdAt: 0 };
    const { runningVersion: version, isFaulty } = observed(record, lifeNow(), faults.faultOf(record), true);
    return { version, isHealthy: !isFaulty, createdAt: record.createdAt };
  }

  /** Whether the API server of the cluster can be talked to. */
  function isUp(ref: ClusterRef): boolean {
    const record = records.get(ref.uid);
    const fault = faults.faultOf(ref);
    return record !== undefined && isMade(record, lifeNow(), fault) && fault !== 'unreachable';
  }

  async function apply(ref: ClusterRef, spec: ClusterSpec, generation: number): Promise<void> {
    const unreadable = broken.get(ref.uid);
    if (unreadable) throw unreadable;
    const fault = faults.faultOf(ref);
    if (fault === 'apply-fails') throw new Error(`Cannot apply cluster "${ref.name}": a fault was switched on; mend it`);
    const version = resolveVersion(SANDBOX_VERSIONS, spec.version)?.full;
    if (!version) throw new Error(`Cannot run version "${spec.version}" in cluster "${ref.name}": ask for one of the sandbox's versions`);
    const record = records.get(ref.uid);
    if (record?.goneAt !== undefined) throw new Error(`Cannot apply cluster "${ref.name}": it is being destroyed; create another`);
    const applied = { generation, spec, version };
    const now = lifeNow();
    if (!record) {
      const authority = await createAuthority(`cluster ${ref.uid}`.slice(0, 64), clock.now(), random);
      await save(firstApplied(ref, applied, authority, durations, now));
      return;
    }
    const next = appliedAgain(record, applied, durations, now, fault);
    if (next !== record) await save(next);
  }

  /** A cluster whose record cannot be read is there, and waiting will not mend it. Nothing is applied: that would make it anew. */
  const UNREADABLE: Observation = {
    exists: true,
    isReady: false,
    isRolledOut: false,
    appliedGeneration: Number.POSITIVE_INFINITY,
    runningVersion: '',
    reason: 'Its record in the sandbox cannot be read; restore it from a backup, or delete the cluster and create it again',
    isFaulty: true,
  };

  async function forget(uid: string): Promise<'gone'> {
    await folder.remove(uid);
    broken.delete(uid);
    return 'gone';
  }

  /** At the start an endpoint that cannot be opened keeps no other from opening; every look at its cluster tries again. */
  async function settleAtStart(record: ClusterRecord): Promise<void> {
    await settleEndpoint(record).catch((error: unknown) => {
      const found = new BrokenDataError(
        `sandbox record "${record.uid}.json"`,
        `its endpoint could not be opened (${String(error)})`,
        error,
      );
      options.damage?.note(found, () => records.has(record.uid) && !endpoints.isListening(record.uid));
    });
  }

  async function destroy(ref: ClusterRef): Promise<'deleting' | 'gone'> {
    if (broken.has(ref.uid)) return forget(ref.uid);
    const record = records.get(ref.uid);
    if (!record) return 'gone';
    await endpoints.close(ref.uid);
    const now = lifeNow();
    const goneAt = record.goneAt ?? now + durations.terminatingMs;
    if (record.goneAt === undefined) await save({ ...record, goneAt, destroyedAt: now });
    if (now < goneAt || faults.faultOf(ref) === 'never-gone') return 'deleting';
    await folder.remove(ref.uid);
    shelf.clear(ref.uid);
    records.delete(ref.uid);
    return 'gone';
  }

  function inTurn<T>(ref: ClusterRef, verb: () => Promise<T>): Promise<T> {
    if (isClosed) return Promise.reject(new Error('Cannot use the sandbox engine: it was closed; create another'));
    return turns.run(ref.uid, verb);
  }

  await Promise.all([...records.values()].map(settleAtStart));
  return {
    name: 'sandbox',
    faults,
    versions: () => SANDBOX_VERSIONS,
    whyNotAfter,
    unreadable: ({ uid }) => broken.get(uid),
    apply: (ref, spec, generation) => inTurn(ref, () => apply(ref, spec, generation)),
    observe: (ref) =>
      inTurn(ref, async () => {
        if (broken.has(ref.uid)) return UNREADABLE;
        const record = records.get(ref.uid);
        if (!record) return NOTHING;
        const settled = await settleEndpoint(record);
        return observed(settled, lifeNow(), faults.faultOf(settled), endpoints.isListening(settled.uid));
      }),
    access: (ref) =>
      inTurn(ref, async () => {
        const record = records.get(ref.uid);
        if (!record || record.goneAt !== undefined) return undefined;
        const { port, authority } = await settleEndpoint(record);
        return port === undefined ? undefined : { endpoint: endpoints.url(port), caPem: authority.certificatePem };
      }),
    putSecret: (ref, secret) => inTurn(ref, async () => (isUp(ref) ? shelf.put(ref.uid, secret) : 'not-ready')),
    deleteSecret: (ref, secret) =>
      inTurn(ref, async () => {
        // NOTE: a record that is gone took its Secrets along.
        if (records.has(ref.uid) && !isUp(ref)) return shelf.has(ref.uid, secret) ? 'not-ready' : 'gone';
        shelf.remove(ref.uid, secret);
        return 'gone';
      }),
    destroy: (ref) => inTurn(ref, () => destroy(ref)),
    async close() {
      isClosed = true;
      await turns.idle();
      await endpoints.closeAll();
    },
  };
}
