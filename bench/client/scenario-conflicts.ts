import type { Random } from '@openkupe/contract/random';
import type { Cluster } from '@openkupe/sdk';
import { quantile } from '../harness/statistics.ts';
import type { Send, SimResponse } from './exchange.ts';
import type { Measures, Trial } from './measure.ts';
import { ourClient } from './ours.ts';
import { elapsedMs, runVirtual, sleep } from './virtual-time.ts';

interface World {
  readonly send: Send;
  readonly counts: { reads: number; writes: number };
}

/** One row and its version, 10 ± 2 ms away, as in the simulator of the article on backoff and jitter. */
function createRow(random: { unit(): number }, isStateCarried: boolean): World {
  const counts = { reads: 0, writes: 0 };
  let version = 1;
  let cpu = 0;
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
  const oneWay = () => sleep(Math.abs(10 + 2 * normal()));
  const state = () => ({ name: 'row', resources: { cpu: String(cpu) }, resourceVersion: String(version) }) as unknown as Cluster;
  const answer = ({ method, headers, body }: Parameters<Send>[0]): SimResponse => {
    const etag = { etag: `"${version}"` };
    if (method === 'GET') {
      counts.reads += 1;
      return { status: 200, headers: etag, body: JSON.stringify(state()) };
    }
    counts.writes += 1;
    if (headers['if-match'] !== `"${version}"`) {
      const isAskedFor = headers.accept?.includes('application/problem+json') ?? false;
      const current = isStateCarried && isAskedFor ? { current: state() } : {};
      return { status: 412, headers: etag, body: JSON.stringify({ error: 'It changed after you read it', ...current }) };
    }
    version += 1;
    cpu = Number((JSON.parse(body ?? '{}') as { resources: { cpu: string } }).resources.cpu);
    return { status: 200, headers: { etag: `"${version}"` }, body: JSON.stringify(state()) };
  };
  return {
    counts,
    async send(request) {
      await oneWay();
      const response = answer(request);
      await oneWay();
      return response;
    },
  };
}

type Writer = (world: World, seed: number) => Promise<boolean>;

/** A loop of reading and writing that waits `delayMs(conflicts so far)` after a conflict. */
function loop(tries: number, delayMs: (conflict: number) => number): Writer {
  return async ({ send }) => {
    for (let attempt = 1; attempt <= tries; attempt++) {
      const read = await send({ method: 'GET', path: '/row', headers: {} });
      const cpu = Number((JSON.parse(read.body) as { resources: { cpu: string } }).resources.cpu) + 1;
      const headers = { 'if-match': read.headers.etag ?? '' };
      const written = await send({ method: 'PATCH', path: '/row', headers, body: JSON.stringify({ resources: { cpu: String(cpu) } }) });
      if (written.status === 200) return true;
      if (attempt < tries) await sleep(delayMs(attempt));
    }
    return false;
  };
}

const withOurs: Writer = async ({ send }, seed) => {
  const more = ({ resources }: { resources: { cpu?: string } }) => ({ resources: { cpu: String(Number(resources.cpu) + 1) } });
  const client = ourClient(send, seed);
  return client.clusters.update('row', more).then(
    () => true,
    () => false,
  );
};

const jittered = (ms: number) => ms * (1 + 0.1 * Math.random());
const WRITERS: readonly { name: string; isStateCarried?: boolean; write: Writer }[] = [
  { name: 'openkupe', write: withOurs },
  { name: 'openkupe (412 with state)', isStateCarried: true, write: withOurs },
  { name: 'page script (3 tries)', write: loop(3, () => 0) },
  { name: 'Kubernetes DefaultRetry', write: loop(5, () => jittered(10)) },
  { name: 'Kubernetes DefaultBackoff', write: loop(4, (conflict) => jittered(10 * 5 ** (conflict - 1))) },
];

const countOf = ({ body }: SimResponse) => Number((JSON.parse(body) as { resources: { cpu: string } }).resources.cpu);

async function once(write: Writer, isStateCarried: boolean, writers: number, seed: number, random: Random): Promise<Measures> {
  const world = createRow(random, isStateCarried);
  const startedAt = elapsedMs();
  const tookMs: number[] = [];
  const one = async (index: number) => {
    if (await write(world, seed * 1_000 + index)) tookMs.push(elapsedMs() - startedAt);
  };
  await runVirtual(() => Promise.all(Array.from({ length: writers }, (_, index) => one(index))), 600_000);
  const allMs = elapsedMs() - startedAt;
  let final = 0;
  await runVirtual(async () => {
    final = countOf(await world.send({ method: 'GET', path: '/row', headers: {} }));
  }, 1_000);
  return {
    'success %': (100 * tookMs.length) / writers,
    'writes/success': world.counts.writes / Math.max(1, tookMs.length),
    'lost or double': Math.abs(final - tookMs.length),
    'p99 s': quantile(tookMs, 0.99) / 1_000,
    'time s': allMs / 1_000,
  };
}

/** F: many writers change one row at once. Every success is checked against the row's count: none is lost, none counted twice. */
export function conflictTrials(): Trial[] {
  return [2, 5, 10, 50, 100].flatMap((writers) =>
    WRITERS.map(({ name, isStateCarried = false, write }) => ({
      group: 'conflicts',
      scenario: 'F',
      circumstances: `${writers} writers`,
      client: name,
      once: (seed, random) => once(write, isStateCarried, writers, seed, random),
    })),
  );
}
