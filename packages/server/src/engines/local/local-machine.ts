import type { Clock, Random } from '@openkupe/contract';
import type { Log } from '../../log/log.ts';
import type { TokenReviewAccess } from '../token-review-access.ts';
import type { LocalClients } from './cluster-client.ts';
import type { Etcd } from './etcd.ts';
import type { LocalRecords } from './local-record.ts';
import type { Programs } from './programs.ts';
import type { SupervisedProcess } from './supervised-process.ts';

/** The two processes of a cluster. */
export interface ClusterProcesses {
  readonly apiServer: SupervisedProcess;
  readonly controllers: SupervisedProcess;
}

/** The processes of all clusters. */
export interface ProcessesOfClusters {
  /** Those of a cluster, also of one whose record cannot be read. */
  of(uid: string): ClusterProcesses;
  /** Every process that was asked for, each before what it needs. */
  all(): readonly SupervisedProcess[];
  forget(uid: string): void;
}

/** The parts of a running engine, which its verbs work on. */
export interface LocalMachine {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Log, 'warn'>;
  readonly programs: Programs;
  readonly records: LocalRecords;
  readonly etcd: Etcd;
  readonly clients: LocalClients;
  /** The most clusters that run at the same time. */
  readonly mostClusters: number;
  readonly tokenReview: TokenReviewAccess;
  readonly processes: ProcessesOfClusters;
  /** What keeps a cluster from being as it should be, by uid, for a person. */
  readonly problems: Map<string, string>;
  /** Calls the listeners of the engine: the cluster may be in another state. */
  readonly changed: (uid: string) => void;
}
