import { counted } from '@openkupe/contract';
import { probe } from '../kubernetes/probe.ts';
import { ensureRoleBindings } from '../kubernetes/role-bindings.ts';
import { apiServerCommand, controllersCommand } from './cluster-commands.ts';
import { writeClusterFiles } from './cluster-files.ts';
import { keptPort } from './free-port.ts';
import type { LocalMachine } from './local-machine.ts';
import type { LocalRecord } from './local-record.ts';
import type { ProgramVersion } from './programs.ts';

/** Between two questions whether an API server is ready. */
const POLL_MS = 50;
/** A controller manager that takes longer until the roles work is reported. It takes 2 to 3 s on a machine that has much to do. */
const ROLES_MS = 60_000;

function programsFor({ programs, records, mostClusters }: LocalMachine, { uid, version }: LocalRecord): ProgramVersion {
  const before = records.all().findIndex((record) => record.uid === uid);
  if (before >= mostClusters) {
    throw new Error(
      `At most ${counted(mostClusters, 'cluster')} can run on this machine (OPENKUPE_LOCAL_CLUSTERS); this one starts when another is deleted`,
    );
  }
  const found = programs.versions.find(({ full }) => full === version);
  if (!found) throw new Error(`The programs of Kubernetes ${version} are not on this machine; put them back, or ask for another version`);
  return found;
}

/**
 * Waits until the API server is ready, and returns the version that it says it is; `undefined` where the record asks for something else by then.
 * Rejects when `signal` aborts, or the process ends.
 */
async function untilReady(machine: LocalMachine, { uid, generation }: LocalRecord, signal: AbortSignal): Promise<string | undefined> {
  const { clients, records, clock } = machine;
  const { apiServer } = machine.processes.of(uid);
  for (;;) {
    signal.throwIfAborted();
    const record = records.get(uid);
    if (record?.generation !== generation || record.isDestroyed) return undefined;
    try {
      const client = await clients.of(record, records.folderOf(uid));
      await probe(client, '/readyz');
      return (JSON.parse(await probe(client, '/version')) as { gitVersion: string }).gitVersion;
    } catch (error) {
      if (apiServer.lastEnd) throw new Error(`${apiServer.lastEnd} and is started again`, { cause: error });
    }
    await clock.sleep(POLL_MS, signal);
  }
}

/** Waits until the roles of the API have their rights in the cluster. Rejects with what is in the way, and when `signal` aborts. */
async function untilRolesWork({ clients, records, clock }: LocalMachine, record: LocalRecord, signal: AbortSignal): Promise<void> {
  const client = await clients.of(record, records.folderOf(record.uid));
  for (const beganMs = clock.monotonic(); ; await clock.sleep(POLL_MS, signal)) {
    const problem = await ensureRoleBindings(client, record, clock);
    if (!problem) return;
    if (problem.isFaulty || clock.monotonic() - beganMs > ROLES_MS) throw new Error(problem.reason);
  }
}

/** Ends the processes of the cluster and removes its keys and files, also of one whose record cannot be read. */
async function removeCluster(
  { records, etcd, clients, processes, problems }: LocalMachine,
  uid: string,
  signal: AbortSignal,
): Promise<void> {
  const { apiServer, controllers } = processes.of(uid);
  clients.forget(uid);
  await Promise.all([controllers.stop(), apiServer.stop()]);
  signal.throwIfAborted();
  await etcd.ensure(signal);
  await etcd.deleteKeys(uid);
  await records.remove(uid);
  problems.delete(uid);
  await etcd.removeUnless(() => records.all().length > 0 || records.broken.size > 0);
}

/** Makes what runs agree with the record of the cluster: any step may be repeated. Rejects with what keeps it from that, or when `signal` aborts. */
export async function settleCluster(machine: LocalMachine, uid: string, signal: AbortSignal): Promise<void> {
  const { records, etcd, processes, tokenReview, clock } = machine;
  const record = records.get(uid);
  if (!record || record.isDestroyed) return record || records.broken.has(uid) ? removeCluster(machine, uid, signal) : undefined;
  const programs = programsFor(machine, record);
  const folder = records.folderOf(uid);
  const current = () => records.get(uid) ?? record;
  const write = () => writeClusterFiles(current(), folder, machine);
  await write();
  await etcd.ensure(signal);
  const { apiServer, controllers } = processes.of(uid);
  await apiServer.run({
    command: () => apiServerCommand(current(), { programs: programs.folder, folder, etcdFlags: etcd.flags(), tokenReview }),
    async prepare() {
      const port = await keptPort(current().port, clock);
      if (port === current().port) return;
      await records.save({ ...current(), port });
      await write();
    },
  });
  const runningVersion = await untilReady(machine, record, signal);
  if (runningVersion === undefined) return;
  if (runningVersion !== record.version) throw new Error(`The program for ${record.version} says that it is ${runningVersion}`);
  await controllers.run({ command: () => controllersCommand(programs.folder, folder) });
  await untilRolesWork(machine, current(), signal);
  if (current().runningVersion !== runningVersion) await records.save({ ...current(), runningVersion });
}
