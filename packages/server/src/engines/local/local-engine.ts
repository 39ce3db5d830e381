import { join } from 'node:path';
import type { Clock, Random } from '@openkupe/contract';
import type { Log } from '../../log/log.ts';
import type { DamageReport } from '../../store/broken-data.ts';
import { createKeyedMutex } from '../../store/keyed-mutex.ts';
import type { ClusterEngine, ClusterRef } from '../engine.ts';
import { deleteClusterSecret, putClusterSecret } from '../kubernetes/cluster-secrets.ts';
import type { TokenReviewAccess } from '../token-review-access.ts';
import { whyNotNext } from '../version-step.ts';
import { createLocalClients } from './cluster-client.ts';
import { createEtcd } from './etcd.ts';
import type { ClusterProcesses, LocalMachine, ProcessesOfClusters } from './local-machine.ts';
import { openLocalRecords } from './local-record.ts';
import { access, apply, certificateIssuer, clientOf, destroy, observe, validate } from './local-verbs.ts';
import { findPrograms } from './programs.ts';
import { createSettling } from './settling.ts';
import { superviseProcess } from './supervised-process.ts';

/** Where and how local clusters run. */
export interface LocalEngineOptions {
  /** Everything of this engine; made with mode 0700. One process at a time. */
  readonly folder: string;
  /** The folder of the programs (see `findPrograms`). */
  readonly programs: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Log, 'warn'>;
  readonly requirePlace: () => void;
  readonly damage: DamageReport;
  /** The most clusters that run at the same time. Each takes about 400 MiB, and one port. */
  readonly mostClusters: number;
  /** How API servers ask about tokens. Its URL is read when a cluster starts. */
  readonly tokenReview: TokenReviewAccess;
}

/** The engine of clusters that are processes of this machine. */
export interface LocalEngine extends ClusterEngine {
  takeOver(): Promise<void>;
  /** Stops supervising. The processes go on, and the next `takeOver` adopts them, as after this process was killed. */
  standDown(): Promise<void>;
}

/** The processes of each cluster, made when they are first asked for. */
function createProcesses(
  folderOf: (uid: string) => string,
  changed: (uid: string) => void,
  options: Pick<LocalEngineOptions, 'clock' | 'log'>,
): ProcessesOfClusters {
  const known = new Map<string, ClusterProcesses>();
  const make = (uid: string): ClusterProcesses => {
    const supervise = (name: string) => superviseProcess({ ...options, name, folder: folderOf(uid), onChange: () => changed(uid) });
    return { apiServer: supervise('kube-apiserver'), controllers: supervise('kube-controller-manager') };
  };
  return {
    of(uid) {
      const processes = known.get(uid) ?? make(uid);
      known.set(uid, processes);
      return processes;
    },
    all: () => [...known.values()].flatMap(({ apiServer, controllers }) => [controllers, apiServer]),
    forget: (uid) => known.delete(uid),
  };
}

/**
 * The engine whose clusters are processes of this machine: a kube-apiserver and a kube-controller-manager for each, and one etcd for all of
 * them. It has no nodes. What runs is made to agree with the records in the background (`settling.ts`), so no verb waits.
 *
 * @throws {ProgramsMissingError} where the programs are not there.
 */
export async function createLocalEngine(options: LocalEngineOptions): Promise<LocalEngine> {
  const { folder } = options;
  const programs = findPrograms(options.programs);
  const records = await openLocalRecords({ ...options, folder: join(folder, 'clusters') });
  const listeners: ((ref: Pick<ClusterRef, 'tenant' | 'name'>) => void)[] = [];
  function changed(uid: string): void {
    const record = records.get(uid);
    if (record) for (const listener of listeners) listener(record);
  }
  const processes = createProcesses(records.folderOf, changed, options);
  const clients = createLocalClients();
  const etcd = createEtcd({ ...options, folder: join(folder, 'etcd'), program: programs.etcd, onMoved: () => settling.settleAll() });
  const machine: LocalMachine = { ...options, programs, records, etcd, clients, processes, problems: new Map(), changed };
  const settling = createSettling(machine);
  const mutex = createKeyedMutex();
  const exclusively = <T>({ uid }: ClusterRef, verb: () => Promise<T>) => mutex.run(uid, verb);

  async function standDown(): Promise<void> {
    await settling.end();
    await mutex.idle();
    await Promise.all(processes.all().map((one) => one.leave()));
    await etcd.leave();
    clients.closeAll();
  }
  return {
    versions: () => programs.versions.map(({ minor, full }) => ({ minor, full })),
    whyNotAfter: whyNotNext,
    validate: (spec, previous) => validate(machine, spec, previous),
    unreadable: ({ uid }) => records.broken.get(uid),
    async apply(ref, spec, generation) {
      await exclusively(ref, () => apply(machine, ref, spec, generation));
      settling.settle(ref.uid);
    },
    observe: (ref) => observe(machine, ref),
    access: async (ref) => access(machine, ref),
    certificateIssuer: async (ref) => certificateIssuer(machine, ref),
    async destroy(ref) {
      const result = await exclusively(ref, () => destroy(machine, ref));
      if (result === 'deleting') settling.settle(ref.uid);
      return result;
    },
    async putSecret(ref, secret) {
      const client = await clientOf(machine, ref);
      return client ? putClusterSecret(client, ref, secret) : 'not-ready';
    },
    async deleteSecret(ref, secret) {
      const client = await clientOf(machine, ref);
      if (client) return deleteClusterSecret(client, secret);
      // NOTE: a cluster that has never been ready has no Secret, nor has one that is not there.
      return (records.get(ref.uid)?.runningVersion ?? '') === '' ? 'gone' : 'not-ready';
    },
    onChange: (listener) => void listeners.push(listener),
    takeOver: async () => settling.begin(),
    standDown,
    async close() {
      await standDown();
      for (const uid of [...records.all().map((record) => record.uid), ...records.broken.keys()]) processes.of(uid);
      await Promise.all(processes.all().map((one) => one.stop()));
      await etcd.stop();
    },
  };
}
