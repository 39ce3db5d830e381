import { codeOf } from '@openkupe/files/error-code';
import { createKeyedMutex } from '../../store/keyed-mutex.ts';
import type { LocalMachine } from './local-machine.ts';
import { settleCluster } from './settle-cluster.ts';

/** What makes the clusters agree with their records, in the background. */
export interface Settling {
  /** Begins, with every cluster. */
  begin(): void;
  /** Something has changed that this cluster, or every cluster, has to follow. Nothing happens before `begin`. */
  settle(uid: string): void;
  settleAll(): void;
  /** Ends it where it is, and resolves once nothing of it goes on. */
  end(): Promise<void>;
}

/** Waits before what could not be done is tried again: the first, and the longest. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** Between two checks of what no call asks for: certificates that end, logs that grow, role bindings that were changed in a cluster. */
const MAINTENANCE_MS = 3_600_000;

/** For the readers of the cluster. An error of the operating system names files of this machine, so its text is in the log alone. */
const sentenceOf = (error: unknown) =>
  error instanceof Error && !('syscall' in error) ? error.message : `An error of the machine keeps it from running (${codeOf(error)})`;

/** Makes the settling of one engine. Clusters settle at the same time, each one step after the other. */
export function createSettling(machine: LocalMachine): Settling {
  const { clock, records, etcd, problems, processes, log } = machine;
  const mutex = createKeyedMutex();
  const waits = new Map<string, AbortController>();
  let ending: AbortController | undefined;
  let maintenance: Promise<void> = Promise.resolve();

  async function settleUntilDone(uid: string, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await settleCluster(machine, uid, signal);
        problems.delete(uid);
        if (!records.get(uid) && !records.broken.has(uid)) processes.forget(uid);
        machine.changed(uid);
        return;
      } catch (error) {
        if (signal.aborted) return;
        problems.set(uid, sentenceOf(error));
        machine.changed(uid);
        log.warn({ err: error, uid }, 'a local cluster is not as it should be; trying again');
      }
      const wait = new AbortController();
      waits.set(uid, wait);
      await clock.sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures), AbortSignal.any([signal, wait.signal])).catch(() => {});
      waits.delete(uid);
    }
  }
  function settle(uid: string): void {
    const signal = ending?.signal;
    if (!signal) return;
    waits.get(uid)?.abort();
    // NOTE: what runs may have read the record before it changed; one more run reads what is there then, however often it changes.
    if (mutex.count(uid) < 2) void mutex.run(uid, () => settleUntilDone(uid, signal));
  }
  const settleAll = () => {
    for (const { uid } of records.all()) settle(uid);
  };
  async function maintain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(MAINTENANCE_MS, signal).catch(() => {});
      if (signal.aborted) return;
      for (const one of processes.all()) one.trimLog();
      await etcd
        .maintain()
        .catch((error) => log.warn({ err: error }, 'etcd of the local clusters is not maintained; trying again in an hour'));
      settleAll();
    }
  }
  return {
    settle,
    settleAll,
    begin() {
      ending = new AbortController();
      maintenance = maintain(ending.signal);
      settleAll();
    },
    async end() {
      ending?.abort();
      ending = undefined;
      await Promise.all([mutex.idle(), maintenance]);
    },
  };
}
