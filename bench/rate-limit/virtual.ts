import { createSeededRandom } from '../../packages/contract/src/testing/seeded-random.ts';
import {
  createWorld,
  type Outcome,
  startPool,
  startStorm,
  startStream,
  type VirtualAnswer,
  type VirtualRequest,
  type World,
} from '../../packages/server/src/rate-limit/testing/callers.ts';
import { createOneKey } from '../../packages/server/src/rate-limit/testing/one-key.ts';
import { quantile } from '../harness/statistics.ts';
import { contestant, digits, markdown } from '../harness/table.ts';

/** One load in virtual time on one limiter: the worst of all seeds. */
export interface VirtualRow {
  readonly load: string;
  readonly limiter: string;
  readonly done: number;
  readonly gaveUp: number;
  readonly broken: number;
  readonly refusedPerCall: number;
  /** Of the ideal time; absent where the load has no end. */
  readonly ofIdeal?: number;
  readonly p99Seconds: number;
}

type Ask = (request: VirtualRequest, nowMs: number) => VirtualAnswer;

interface Load {
  readonly name: string;
  readonly lateMs: number;
  readonly seconds: number;
  readonly idealSeconds?: number;
  start(world: World): Outcome;
}

const LIMIT = { name: 'address', perSecond: 20, burst: 100, horizonMs: 60_000 };
const STARTS_AT_MS = 1234.567;

/** What a program of eight lines does instead: a token bucket that tells everybody when the next token is there. */
function tokenBucket(): Ask {
  const intervalMs = 1000 / LIMIT.perSecond;
  let fullAtMs = 0;
  return (_request, nowMs) => {
    const nextMs = Math.max(fullAtMs, nowMs) + intervalMs;
    const waitMs = nextMs - nowMs - LIMIT.burst * intervalMs;
    if (waitMs > 0.001) return { seconds: Math.max(1, Math.ceil(waitMs / 1000)), isReserved: false };
    fullAtMs = nextMs;
    return undefined;
  };
}

const LIMITERS: Readonly<Record<string, () => Ask>> = { openkupe: () => createOneKey(LIMIT).ask, 'token bucket': tokenBucket };

const mine = (target: string) => ({ credential: 'me', target });
const distinct = (call: number) => mine(`${call}`);
/** A list that all ask for, a create that looks like every fourteenth other, and three calls that are of one thing each. */
const mixed = (call: number) => ({ ...mine(['list', `create ${call % 14}`][call % 5] ?? `${call}`), isCommon: call % 5 < 2 });
const equal = () => ({ ...mine('list'), isCommon: true });

const poolOf = (workers: number, what: string, requestOf: (call: number) => VirtualRequest, lateMs: number): Load => ({
  name: `${workers} workers × 400 ${what} calls, up to ${lateMs} ms late`,
  lateMs,
  seconds: 120,
  idealSeconds: 15,
  start: (world) => startPool(world, { workers, calls: 400, requestOf }),
});
const floodOf = (what: string, requestOf: (call: number) => VirtualRequest): Load => ({
  name: `a neighbour beside 200/s ${what}`,
  lateMs: 5,
  seconds: 120,
  start(world) {
    startStream(world, { perSecond: 200, obeys: false, requestOf });
    return startStream(world, { perSecond: 2, obeys: true, requestOf: (call) => ({ credential: 'good', target: `${call}` }) });
  },
});

const LOADS: readonly Load[] = [
  ...[10, 20, 40].flatMap((workers) => [poolOf(workers, 'distinct', distinct, 5), poolOf(workers, 'mixed', mixed, 5)]),
  poolOf(40, 'distinct', distinct, 300),
  poolOf(40, 'mixed', mixed, 300),
  poolOf(40, 'equal', equal, 5),
  poolOf(40, 'equal', equal, 300),
  {
    name: 'a storm of 700 calls',
    lateMs: 50,
    seconds: 300,
    idealSeconds: 30,
    start: (world) => startStorm(world, { calls: 700, spreadMs: 100, requestOf: distinct }),
  },
  floodOf('with new targets', (call) => ({ credential: 'flood', target: `${call}` })),
  floodOf('with five targets', (call) => ({ credential: 'flood', target: `${call % 5}` })),
  floodOf('with forged credentials', (call) => ({ credential: `?${call}`, target: `${call % 5}` })),
  floodOf('without a credential', () => ({ credential: '?', target: 'x' })),
];

function runOnce(load: Load, ask: Ask, seed: number): VirtualRow {
  const world = createWorld(createSeededRandom(seed), ask, { attempts: 5, lateMs: load.lateMs, takesMs: 6 });
  const outcome = load.start(world);
  world.run(load.seconds * 1000);
  const { done, gaveUp, broken, refused, lastMs, waitsMs } = outcome;
  const ofIdeal = load.idealSeconds && (lastMs - STARTS_AT_MS) / 1000 / load.idealSeconds;
  return {
    load: load.name,
    limiter: '',
    done,
    gaveUp,
    broken,
    refusedPerCall: refused / (done + gaveUp),
    ...(ofIdeal ? { ofIdeal } : {}),
    p99Seconds: quantile(waitsMs, 0.99) / 1000,
  };
}

/** Pools, a storm and floods in virtual time on 20 a second after a burst of 100, ours beside a token bucket. */
export async function measureVirtual(isQuick: boolean): Promise<VirtualRow[]> {
  const seeds = Array.from({ length: isQuick ? 2 : 20 }, (_, at) => at + 1);
  return LOADS.flatMap((load) =>
    Object.entries(LIMITERS).map(([limiter, make]) => {
      const rows = seeds.map((seed) => runOnce(load, make(), seed));
      const most = (of: (row: VirtualRow) => number) => Math.max(...rows.map(of));
      return {
        load: load.name,
        limiter,
        done: Math.min(...rows.map(({ done }) => done)),
        gaveUp: most(({ gaveUp }) => gaveUp),
        broken: most(({ broken }) => broken),
        refusedPerCall: most(({ refusedPerCall }) => refusedPerCall),
        ...(load.idealSeconds ? { ofIdeal: most(({ ofIdeal }) => ofIdeal ?? 0) } : {}),
        p99Seconds: most(({ p99Seconds }) => p99Seconds),
      };
    }),
  );
}

/** One line per load and limiter. */
export function virtualTable(rows: readonly VirtualRow[]): string {
  const headings = ['load', 'limiter', 'done', 'gave up', 'promises broken', '429 per call', '× ideal time', 'p99 wait s'];
  const lines = rows.map(({ load, limiter, done, gaveUp, broken, refusedPerCall, ofIdeal, p99Seconds }) => [
    load,
    contestant(limiter),
    String(done),
    String(gaveUp),
    limiter === 'openkupe' ? String(broken) : '–',
    refusedPerCall.toFixed(2),
    ofIdeal === undefined ? '–' : ofIdeal.toFixed(3),
    digits(p99Seconds),
  ]);
  return markdown(headings, lines);
}
