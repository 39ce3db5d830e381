import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { alternate, type Compared, compare } from '../harness/alternate.ts';
import { pairedRatios, type Spread, spreadOf } from '../harness/statistics.ts';
import { startWorker } from '../harness/worker.ts';
import { measureRead, type Opened, type Row, startContest } from './contestants.ts';
import { type Rate, readLoad, runLoad, type Shape } from './load.ts';
import { fillStore, keyOf, STORED_ENDPOINT, startServer, UNLIMITED } from './openkupe.ts';
import { cpuSeconds, memoryMiB } from './process-usage.ts';

/** Requests that are under way at the same time. */
export const IN_FLIGHT = 32;
const CLUSTERS_OF_FIRST = 50;
const SETTLE_MS = 5_000;
const LONGEST_SETTLE_MS = 60_000;
/** How long one round takes, and how many there are. */
export const effortOf = (isQuick: boolean) => (isQuick ? { seconds: 1, rounds: 2 } : { seconds: 3, rounds: 5 });

const scratch = mkdtempSync(join(tmpdir(), 'openkupe-bench-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** A new data folder with 50 clusters in the first tenant, and `tenants` more tenants with ten clusters each. */
async function makeFolder(name: string, tenants = 0): Promise<string> {
  const folder = mkdtempSync(join(scratch, `${name}-`));
  await (await startServer(folder, UNLIMITED)).stop();
  await fillStore(folder, CLUSTERS_OF_FIRST, tenants);
  return folder;
}

const LIST: Shape = { name: 'list', method: 'GET', path: '/api/v1/tenants/demo/clusters' };
/** What an admin of the first tenant sends. */
export const headersOf = (folder: string) => ({ authorization: `Bearer ${keyOf(folder)}` });

/** Whether the clusters of the first tenant have the endpoints of this server: until then it makes a certificate for each of them. */
async function areMade({ server, folder }: Opened): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${server.port}${LIST.path}`, { headers: headersOf(folder) });
  const { items } = (await response.json()) as { items: { status: { endpoint: string } }[] };
  return items.length > 0 && items.every(({ status }) => status.endpoint !== STORED_ENDPOINT);
}

/** A server on such a folder that no request reaches a limit of, once the clusters that it found are as desired. */
async function open(folder: string, settings: Readonly<Record<string, string>> = {}): Promise<Opened> {
  const opened = { server: await startServer(folder, { ...UNLIMITED, OPENKUPE_SANDBOX_PROVISIONING_SECONDS: '1', ...settings }), folder };
  const until = performance.now() + LONGEST_SETTLE_MS;
  while (!(await areMade(opened))) {
    if (performance.now() > until) throw new Error(`The clusters of ${folder} are not ready after ${LONGEST_SETTLE_MS} ms`);
    await sleep(500);
  }
  await sleep(SETTLE_MS);
  return opened;
}

/** A server whose limit is one request. */
async function openLimited(folder: string): Promise<Opened> {
  const server = await startServer(folder, { OPENKUPE_RATE_LIMIT_PER_SECOND: '0.01', OPENKUPE_RATE_LIMIT_BURST: '1' });
  await sleep(SETTLE_MS);
  return { server, folder };
}

export type Reads = Readonly<Record<Row, readonly Compared<'perSecond' | 'cpuUs'>[]>>;

export async function measureReads(isQuick: boolean): Promise<Reads> {
  const { seconds, rounds } = effortOf(isQuick);
  const opened = await open(await makeFolder('reads'));
  const limited = await openLimited(await makeFolder('refused'));
  const contest = await startContest(opened, limited);
  const rows = Object.entries(contest.targets) as [Row, (typeof contest.targets)[Row]][];
  // All rows in one alternation, because one target compares two of them.
  const contestants = rows.flatMap(([row, targets]) =>
    Object.entries(targets).map(([name, target]) => ({ name: `${row} ${name}`, run: () => measureRead(target, seconds) })),
  );
  const measured = await alternate(contestants, rounds);
  const roundsOf = (row: Row) =>
    new Map(Object.keys(contest.targets[row]).map((name) => [name, measured.get(`${row} ${name}`) ?? []] as const));
  const found = Object.fromEntries(rows.map(([row]) => [row, compare(roundsOf(row), 'bare')])) as unknown as Reads;
  await contest.stop();
  await limited.server.stop();
  await opened.server.stop();
  return found;
}

/** The path of one of the clusters of the first tenant. */
export const CLUSTER = (at: number) => `/api/v1/tenants/demo/clusters/c${at}`;
const patch = (at: number): Shape => ({ name: 'patch', method: 'PATCH', path: CLUSTER(at) });
const get = (at: number): Shape => ({ name: 'get', method: 'GET', path: CLUSTER(at) });

/** Guarded PATCHes at 32 in flight, each of a cluster of its own. */
export async function patchesPerSecond({ server, folder }: Opened, seconds: number): Promise<{ perSecond: number; cpuUs: number }> {
  const connections = Array.from({ length: IN_FLIGHT }, (_, at) => [patch(at)]);
  const before = cpuSeconds(server.pid);
  const { byName, statuses } = await runLoad({ port: server.port, headers: headersOf(folder), connections, seconds });
  if (Object.keys(statuses).join() !== '200') throw new Error(`PATCHes answered ${JSON.stringify(statuses)}`);
  const perSecond = byName.patch?.perSecond ?? Number.NaN;
  return { perSecond, cpuUs: ((cpuSeconds(server.pid) - before) / (perSecond * seconds)) * 1e6 };
}

async function storeUpdatesPerSecond(seconds: number): Promise<number> {
  const worker = await startWorker(new URL('store.worker.ts', import.meta.url));
  const folder = mkdtempSync(join(scratch, 'store-'));
  const { perSecond } = await worker.ask<{ perSecond: number }>({ folder, callers: IN_FLIGHT, seconds });
  await worker.stop();
  rmSync(folder, { recursive: true });
  return perSecond;
}

/** Guarded PATCHes, each of a cluster of its own, beside as many callers of the store itself and of bare `node:http` in front of it. */
export async function measureWrites(isQuick: boolean): Promise<readonly Compared<'perSecond' | 'cpuUs'>[]> {
  const { seconds, rounds } = effortOf(isQuick);
  const opened = await open(await makeFolder('writes'));
  const bare = await openIn('http-store.worker.ts', await makeFolder('bare-writes'));
  const contestants = [
    { name: 'the store alone', run: async () => ({ perSecond: await storeUpdatesPerSecond(seconds), cpuUs: Number.NaN }) },
    { name: 'node:http and the store', run: () => patchesPerSecond(bare, seconds) },
    { name: 'openkupe', run: () => patchesPerSecond(opened, seconds) },
  ];
  const found = compare(await alternate(contestants, rounds), 'the store alone');
  await bare.server.stop();
  await opened.server.stop();
  return found;
}

/** Latencies of reads, and how many times the first the second is, round by round. */
export interface Latencies {
  readonly firstMs: Spread;
  readonly secondMs: Spread;
  readonly ratio: Spread;
}

function latencies(first: readonly number[], second: readonly number[]): Latencies {
  return { firstMs: spreadOf(first), secondMs: spreadOf(second), ratio: spreadOf(pairedRatios(second, first)) };
}

/** p50 and p99 of reads of one among 32 connections, of whose requests each tenth is a list and each tenth a guarded PATCH. */
export async function measureMixed(isQuick: boolean): Promise<Latencies> {
  const { seconds, rounds } = effortOf(isQuick);
  const { server, folder } = await open(await makeFolder('mixed'));
  const shapeAt = (at: number, index: number) => (index === 0 ? LIST : index === 5 ? patch(at) : get(at));
  const connections = Array.from({ length: IN_FLIGHT }, (_, at) =>
    Array.from({ length: 10 }, (_each, index) => shapeAt(at, (index + at) % 10)),
  );
  const found: Rate[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const { byName } = await runLoad({ port: server.port, headers: headersOf(folder), connections, seconds });
    if (round > 0) found.push(byName.get as Rate);
  }
  await server.stop();
  return latencies(
    found.map(({ p50Ms }) => p50Ms),
    found.map(({ p99Ms }) => p99Ms),
  );
}

const SLOW_MS = 300;
const WRITERS = 4;
const LEAST_SECONDS = 3;

/** p99 of reads without writers and beside four, on a disk whose fsync takes 300 ms longer. Needs Linux and a C compiler. */
export async function measureSlowDisk(isQuick: boolean): Promise<Latencies> {
  const { rounds } = effortOf(isQuick);
  const folder = await makeFolder('slow');
  const [library, flag] = [`${folder}.so`, `${folder}.slow`];
  execFileSync('cc', ['-shared', '-fPIC', '-o', library, join(import.meta.dirname, 'slow-fsync.c'), '-ldl']);
  const preload = { LD_PRELOAD: library, SLOW_FSYNC: flag, SLOW_FSYNC_MS: String(SLOW_MS) };
  const { server } = await open(folder, preload);
  writeFileSync(flag, '');
  const headers = headersOf(folder);
  const read = () => readLoad({ port: server.port, path: CLUSTER(7), headers, status: 200 }, WRITERS, LEAST_SECONDS);
  const pairs: { alone: Rate; beside: Rate }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const alone = await read();
    const connections = Array.from({ length: WRITERS }, (_, at) => [patch(at)]);
    const writing = runLoad({ port: server.port, headers, connections, seconds: LEAST_SECONDS + 2 });
    await sleep(1_000);
    pairs.push({ alone, beside: await read() });
    await writing;
    await sleep(SETTLE_MS);
  }
  rmSync(flag);
  await server.stop();
  return latencies(
    pairs.map(({ alone }) => alone.p99Ms),
    pairs.map(({ beside }) => beside.p99Ms),
  );
}

const TENANTS = 10_000;
const SMALL = '50 clusters';
const LARGE = '100,000 clusters';

export type Rest = readonly Compared<'startMs' | 'restMiB'>[];

async function startAndRest(folder: string): Promise<{ startMs: number; restMiB: number }> {
  const server = await startServer(folder, {});
  await sleep(SETTLE_MS);
  const restMiB = memoryMiB(server.pid);
  await server.stop();
  return { startMs: server.startMs, restMiB };
}

const made = new Map<string, Promise<string>>();

/** The folder of that name, made at its first use: filling the large one takes half a minute. */
function folderNamed(name: string, tenants: number): Promise<string> {
  const folder = made.get(name) ?? makeFolder(name, tenants);
  made.set(name, folder);
  return folder;
}
const twoStores = async () => ({ small: await folderNamed('small', 0), large: await folderNamed('large', TENANTS) });

/** Start and memory on a store of 50 clusters and on one of 100,000. Memory five seconds after the start, without requests. */
export async function measureRest(isQuick: boolean): Promise<Rest> {
  const { small, large } = await twoStores();
  const contestants = [
    { name: SMALL, run: () => startAndRest(small) },
    { name: LARGE, run: () => startAndRest(large) },
  ];
  return compare(await alternate(contestants, effortOf(isQuick).rounds), SMALL);
}

/** The data folder served by a worker. */
async function openIn(file: string, folder: string): Promise<Opened> {
  const worker = await startWorker(new URL(file, import.meta.url));
  const { pid, port } = await worker.ask<{ pid: number; port: number }>({ folder });
  return { folder, server: { pid, port, startMs: Number.NaN, stop: () => worker.stop() } };
}

/** The same data folder with requests and the store alone: the reconciler of this server is not started. */
const openWithoutReconciler = (folder: string) => openIn('without-reconciler.worker.ts', folder);

const ALONE = ', reconciler not started';

/**
 * Reads of one cluster and guarded PATCHes on a store of 50 clusters and on one of 100,000: on servers as they run, and on such whose
 * reconciler is not started, because the sandbox does not know the 100,000 clusters and goes on to make them.
 */
export async function measureLarge(isQuick: boolean): Promise<readonly Compared<'get' | 'patch'>[]> {
  const { seconds, rounds } = effortOf(isQuick);
  const { small, large } = await twoStores();
  const opened = [
    { name: SMALL, ...(await open(small)) },
    { name: LARGE, ...(await open(large)) },
    { name: SMALL + ALONE, ...(await openWithoutReconciler(await makeFolder('alone'))) },
    { name: LARGE + ALONE, ...(await openWithoutReconciler(await makeFolder('alone', TENANTS))) },
  ];
  const contestants = opened.map((one) => ({
    name: one.name,
    async run() {
      const target = { port: one.server.port, path: CLUSTER(7), headers: headersOf(one.folder), status: 200 };
      const { perSecond } = await readLoad(target, IN_FLIGHT, seconds);
      return { get: perSecond, patch: (await patchesPerSecond(one, seconds)).perSecond };
    },
  }));
  const measured = [...(await alternate(contestants, rounds))];
  for (const { server } of opened) await server.stop();
  const asTheyRun = measured.filter(([name]) => !name.endsWith(ALONE));
  const alone = measured.filter(([name]) => name.endsWith(ALONE));
  return [...compare(new Map(asTheyRun), SMALL), ...compare(new Map(alone), SMALL + ALONE)];
}

const FEW = 'among 200';
const PAGE = `${LIST.path}?limit=100`;

/** Pages of 100 clusters of a tenant that has 200, and of one that has 100,000; the reconciler is not started. */
export async function measurePages(isQuick: boolean): Promise<readonly Compared<'perSecond'>[]> {
  const { seconds, rounds } = effortOf(isQuick);
  const sizes = [
    { name: FEW, clusters: 200 },
    { name: 'among 100,000', clusters: 100_000 },
  ];
  const opened: { name: string; one: Opened }[] = [];
  for (const { name, clusters } of sizes) {
    const folder = mkdtempSync(join(scratch, 'pages-'));
    await (await startServer(folder, UNLIMITED)).stop();
    await fillStore(folder, clusters, 0);
    opened.push({ name, one: await openWithoutReconciler(folder) });
  }
  const contestants = opened.map(({ name, one: { server, folder } }) => ({
    name,
    async run() {
      const target = { port: server.port, path: PAGE, headers: headersOf(folder), status: 200 };
      return { perSecond: (await readLoad(target, IN_FLIGHT, seconds)).perSecond };
    },
  }));
  const found = compare(await alternate(contestants, rounds), FEW);
  for (const { one } of opened) await one.server.stop();
  return found;
}
