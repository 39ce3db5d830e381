import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { programsOf } from '../../conformance/kubernetes/programs.ts';
import type { ClusterRef } from '../../packages/server/src/engines/engine.ts';
import { type LocalWorld, startLocalWorld } from '../../packages/server/src/engines/local/testing/local-world.ts';
import type { ClusterSpec } from '../../packages/server/src/store/resource.ts';
import type { Part } from '../harness/benchmark.ts';
import { type Spread, spreadOf } from '../harness/statistics.ts';
import { markdown, range } from '../harness/table.ts';

/** What clusters cost as processes of this machine. */
export interface LocalClusters {
  /** From the creation until the API server answers an administrator. In milliseconds, one after another. */
  readonly createMs: Spread;
  readonly deleteMs: Spread;
  /** Of one cluster that does nothing: resident memory of its two processes, and their CPU time in a second. */
  readonly idleMib: Spread;
  readonly idleCpuMs: Spread;
  readonly etcdMib: number;
  readonly atOnce: number;
  /** Until the last of `atOnce` clusters that were created together answers. */
  readonly atOnceMs: number;
}

const PROCESSES = ['kube-apiserver', 'kube-controller-manager'];
/** The longest that a creation is waited for, also of twenty together. In milliseconds. */
const LONGEST_MS = 600_000;
/** Clock ticks of `/proc` in a second. */
const TICKS = 100;

const refOf = (index: number): ClusterRef => ({ tenant: 'bench', name: `cluster-${index}`, uid: `bench-uid-${index}`, type: 'shared' });

function specOf({ engine }: LocalWorld): ClusterSpec {
  const [newest] = engine.versions();
  return { displayName: '', type: 'shared', version: newest?.minor ?? '', resources: { cpu: '1', memory: '1Gi' }, highAvailability: false };
}

/** Creates a cluster, and waits until its API server answers. */
async function create(world: LocalWorld, ref: ClusterRef): Promise<number> {
  const beganMs = performance.now();
  await world.engine.apply(ref, specOf(world), 1);
  while (!(await world.engine.observe(ref)).isReady) {
    if (performance.now() - beganMs > LONGEST_MS) throw new Error(`Cluster "${ref.name}" was not ready within ${LONGEST_MS} ms`);
    await sleep(50);
  }
  const admin = await world.adminOf(ref);
  await admin.list({ apiVersion: 'v1', plural: 'namespaces' });
  admin.close();
  return performance.now() - beganMs;
}

async function destroy(world: LocalWorld, ref: ClusterRef): Promise<number> {
  const beganMs = performance.now();
  while ((await world.engine.destroy(ref)) !== 'gone') await sleep(50);
  return performance.now() - beganMs;
}

const residentMib = (pid: number) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

/** User and system time of a process so far, in milliseconds. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS;
}

async function idle(world: LocalWorld, refs: readonly ClusterRef[], seconds: number) {
  const pids = await Promise.all(refs.map((ref) => Promise.all(PROCESSES.map((name) => world.pidOf(name, ref)))));
  const used = () => pids.map((own) => own.reduce((sum, pid) => sum + cpuMs(pid), 0));
  const before = used();
  await sleep(seconds * 1_000);
  const after = used();
  return {
    idleMib: spreadOf(pids.map((own) => own.reduce((sum, pid) => sum + residentMib(pid), 0))),
    idleCpuMs: spreadOf(after.map((ms, index) => (ms - (before[index] ?? 0)) / seconds)),
    etcdMib: residentMib(await world.pidOf('etcd', refs[0] as ClusterRef)),
  };
}

async function measure(isQuick: boolean): Promise<LocalClusters> {
  const programs = programsOf('l1', 'v135');
  if (programs === undefined) throw new Error('There are no programs of Kubernetes here, and none can be built');
  const atOnce = isQuick ? 2 : 20;
  const world = await startLocalWorld(programs, { mostClusters: atOnce });
  try {
    const rounds = Array.from({ length: isQuick ? 2 : 10 }, (_, index) => refOf(index));
    const [createMs, deleteMs]: [number[], number[]] = [[], []];
    for (const ref of rounds) {
      createMs.push(await create(world, ref));
      deleteMs.push(await destroy(world, ref));
    }
    const together = Array.from({ length: atOnce }, (_, index) => refOf(1_000 + index));
    const beganMs = performance.now();
    await Promise.all(together.map((ref) => create(world, ref)));
    const atOnceMs = performance.now() - beganMs;
    // NOTE: controllers begin with a minute of work after the start.
    await sleep(isQuick ? 5_000 : 60_000);
    const rest = await idle(world, together, isQuick ? 5 : 30);
    return { createMs: spreadOf(createMs), deleteMs: spreadOf(deleteMs), ...rest, atOnce, atOnceMs };
  } finally {
    await world.end();
  }
}

function table({ createMs, deleteMs, idleMib, idleCpuMs, etcdMib, atOnce, atOnceMs }: LocalClusters): string {
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  const head = [
    's from create to the first answer',
    's to delete',
    'MiB of an idle cluster',
    'CPU ms of an idle cluster in a second',
    'MiB of etcd for all',
    `s until ${atOnce} created at once answer`,
  ];
  return markdown(head, [
    [
      range(createMs, seconds),
      range(deleteMs, seconds),
      range(idleMib, (value) => value.toFixed(0)),
      range(idleCpuMs, (value) => value.toFixed(1)),
      etcdMib.toFixed(0),
      seconds(atOnceMs),
    ],
  ]);
}

/** Clusters as processes of this machine: ten one after another, then many at once, and what they take at rest. */
export const local: Part<LocalClusters> = { measure, table };
