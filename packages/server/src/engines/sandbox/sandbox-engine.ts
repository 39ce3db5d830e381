import { type Clock, type Random, steadyNow } from '@openkupe/contract';
import { BrokenDataError, type DamageReport } from '../../store/broken-data.ts';
import { createKeyedMutex } from '../../store/keyed-mutex.ts';
import type { ClusterEngine, ClusterRef } from '../engine.ts';
import { whyNotEarlier } from '../version-step.ts';
import type { ClusterRecord } from './cluster-record.ts';
import { type ClusterRecords, openClusterRecords } from './cluster-records.ts';
import { createEndpoints } from './endpoints.ts';
import { createFaults, type Faults } from './faults.ts';
import { SANDBOX_VERSIONS } from './kubernetes-versions.ts';
import { clampDelays, type SandboxDurations } from './life-cycle.ts';
import { access, apply, destroy, isUp, observe, type Sandbox, settleEndpoint } from './sandbox-verbs.ts';
import { createSecretStore, type TokenCheck } from './secret-store.ts';

/** Where and how a sandbox runs. */
export interface SandboxOptions {
  /** The folder of the records, unless `openRecords` is given; made with mode 0700. One process at a time. */
  readonly folder?: string;
  /** Opens the records elsewhere. `restore` is to be applied to each that is read. */
  readonly openRecords?: (restore: (record: ClusterRecord) => ClusterRecord) => Promise<ClusterRecords>;
  readonly clock: Clock;
  readonly random: Random;
  readonly durations: SandboxDurations;
  /** Called before a record is written: throws where the folder is not the one that was opened. */
  readonly requirePlace?: () => void;
  /** Gets the records that cannot be read. */
  readonly damage?: DamageReport;
  /** Whether a bearer token may read Secrets in a tenant's clusters; none may when absent. */
  readonly checkToken?: TokenCheck;
}

/** The sandbox, with its faults. */
export interface SandboxEngine extends ClusterEngine {
  readonly faults: Faults;
}

/** Opens the endpoint of a cluster. A failure is reported and stops no other; every observation of the cluster tries again. */
async function openAtStart(sandbox: Sandbox, uid: string, damage: DamageReport | undefined): Promise<void> {
  const { records, endpoints } = sandbox;
  const record = records.get(uid);
  if (!record) return;
  await settleEndpoint(sandbox, record).catch((error: unknown) => {
    const problem = `its endpoint could not be opened (${String(error)})`;
    const found = new BrokenDataError(`sandbox record "${uid}.json"`, problem, error);
    damage?.note(found, () => records.get(uid) !== undefined && !endpoints.isListening(uid));
  });
}

/**
 * The embedded engine: clusters with a simulated life cycle, each with a real TLS endpoint once it is ready. The state of a cluster is a
 * function of its record and the time, so no timer runs, and a restart loses nothing.
 */
export async function createSandboxEngine(options: SandboxOptions): Promise<SandboxEngine> {
  const { clock, random, durations, folder = '', requirePlace, damage } = options;
  const now = steadyNow(clock);
  const restore = (record: ClusterRecord) => clampDelays(record, durations, now());
  const openInFolder = () => openClusterRecords({ folder, restore, requirePlace, damage });
  const records = await (options.openRecords?.(restore) ?? openInFolder());
  const secrets = createSecretStore({ clock, checkToken: options.checkToken ?? (async () => 'unknown') });
  const endpoints = createEndpoints({ clock, random, handleRead: secrets.handleRead });
  const sandbox: Sandbox = { clock, random, durations, now, records, endpoints, secrets, faults: createFaults() };
  const mutex = createKeyedMutex();
  let isClosed = false;
  function exclusively<T>({ uid }: ClusterRef, verb: () => Promise<T>): Promise<T> {
    if (isClosed) return Promise.reject(new Error('Cannot use the sandbox engine: it was closed; create another'));
    return mutex.run(uid, verb);
  }

  await Promise.all(records.all().map(({ uid }) => openAtStart(sandbox, uid, damage)));
  return {
    faults: sandbox.faults,
    versions: () => SANDBOX_VERSIONS,
    whyNotAfter: whyNotEarlier,
    validate: () => [],
    unreadable: ({ uid }) => records.broken.get(uid),
    apply: (ref, spec, generation) => exclusively(ref, () => apply(sandbox, ref, spec, generation)),
    observe: (ref) => exclusively(ref, () => observe(sandbox, ref)),
    access: (ref) => exclusively(ref, () => access(sandbox, ref)),
    destroy: (ref) => exclusively(ref, () => destroy(sandbox, ref)),
    putSecret: (ref, secret) => exclusively(ref, async () => (isUp(sandbox, ref) ? secrets.put(ref.uid, secret) : 'not-ready')),
    deleteSecret: (ref, secret) =>
      exclusively(ref, async () => {
        // NOTE: without a record the cluster is gone, and its Secrets with it.
        if (records.get(ref.uid) && !isUp(sandbox, ref)) return secrets.has(ref.uid, secret) ? 'not-ready' : 'gone';
        secrets.remove(ref.uid, secret);
        return 'gone';
      }),
    async close() {
      isClosed = true;
      await mutex.idle();
      await endpoints.closeAll();
    },
  };
}
