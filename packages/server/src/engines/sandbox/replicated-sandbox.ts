import { type Clock, steadyNow } from '@openkupe/contract';
import { type ClusterEngine, type ClusterRef, NOTHING } from '../engine.ts';
import { whyNotEarlier } from '../version-step.ts';
import { type ClusterRecords, openClusterRecords } from './cluster-records.ts';
import { SANDBOX_VERSIONS } from './kubernetes-versions.ts';
import { isProvisioned, observationAt } from './life-cycle.ts';
import { createSandboxEngine, type SandboxOptions } from './sandbox-engine.ts';
import { openStoredRecords, readStoredRecord, type StoredRecordPorts } from './stored-records.ts';
import { HOST } from './tls-listener.ts';

/** The sandbox of several processes on one store, which one of them at a time runs. */
export interface ReplicatedSandbox extends ClusterEngine {
  /** Runs the sandbox in this process, as the process before has left it: opens the endpoint of each cluster. */
  takeOver(): Promise<void>;
  /** Closes the endpoints; another process may take over. */
  standDown(): Promise<void>;
}

/** Where and how a replicated sandbox runs. */
export type ReplicatedSandboxOptions = Omit<SandboxOptions, 'openRecords'> & StoredRecordPorts;

const elsewhere = async (): Promise<never> => {
  throw new Error('Cannot change a cluster here: another process runs the sandbox');
};

/**
 * What a process knows of clusters whose sandbox runs in another one, from the stored records: their state follows from record and time, but
 * for the faults that are switched on over there. It changes nothing.
 */
function createSandboxReader(ports: StoredRecordPorts & { readonly clock: Clock }): ClusterEngine {
  const now = steadyNow(ports.clock);
  const read = ({ uid }: ClusterRef) => readStoredRecord(ports, uid);
  return {
    versions: () => SANDBOX_VERSIONS,
    whyNotAfter: whyNotEarlier,
    validate: () => [],
    unreadable: () => undefined,
    async observe(ref) {
      const record = await read(ref);
      return record ? observationAt(record, now(), undefined, record.port !== undefined) : NOTHING;
    },
    async access(ref) {
      const record = await read(ref);
      if (record?.port === undefined || !isProvisioned(record, now(), undefined)) return undefined;
      return { endpoint: `https://${HOST}:${record.port}`, caPem: record.authority.certificatePem };
    },
    apply: elsewhere,
    putSecret: elsewhere,
    deleteSecret: elsewhere,
    destroy: elsewhere,
    close: async () => {},
  };
}

/**
 * Moves records into the store that an earlier release has left in the folder. One that cannot be read stays where it is, and its cluster is one
 * whose record is broken: nothing is applied, which would make it anew, until the file is mended or the cluster deleted.
 */
async function withEarlierRecords(
  { folder = '', requirePlace, damage }: ReplicatedSandboxOptions,
  records: ClusterRecords,
): Promise<ClusterRecords> {
  const earlier = await openClusterRecords({ folder, requirePlace, damage, restore: (record) => record });
  for (const record of earlier.all()) {
    if (!records.get(record.uid)) await records.save(record);
    await earlier.remove(record.uid);
  }
  return {
    ...records,
    get broken() {
      const unmoved = [...earlier.broken].filter(([uid]) => !records.get(uid));
      return unmoved.length === 0 ? records.broken : new Map([...records.broken, ...unmoved]);
    },
    async remove(uid) {
      await records.remove(uid);
      if (earlier.broken.has(uid)) await earlier.remove(uid);
    },
  };
}

/** A sandbox whose records are in the store. It runs in this process between {@link ReplicatedSandbox.takeOver} and `standDown`. */
export function createReplicatedSandbox(options: ReplicatedSandboxOptions): ReplicatedSandbox {
  const reader = createSandboxReader(options);
  let current = reader;
  async function standDown(): Promise<void> {
    const running = current;
    current = reader;
    await running.close();
  }
  return {
    async takeOver() {
      current = await createSandboxEngine({
        ...options,
        openRecords: async (restore) => withEarlierRecords(options, await openStoredRecords(options, restore)),
      });
    },
    standDown,
    close: standDown,
    versions: () => current.versions(),
    whyNotAfter: whyNotEarlier,
    validate: () => [],
    unreadable: (ref) => current.unreadable(ref),
    apply: (...given) => current.apply(...given),
    observe: (ref) => current.observe(ref),
    access: (ref) => current.access(ref),
    putSecret: (...given) => current.putSecret(...given),
    deleteSecret: (...given) => current.deleteSecret(...given),
    destroy: (ref) => current.destroy(ref),
  };
}
