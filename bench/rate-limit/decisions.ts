import { pairedRatios, type Spread, spreadOf } from '../harness/statistics.ts';
import { contestant, digits, markdown, range, ratio } from '../harness/table.ts';
import { DidNotFinish, runWorker } from '../harness/worker.ts';
import { LIMITERS } from './limiters.ts';

/** What one process measured of one limiter with one number of keys. */
interface Measured {
  readonly insertPerSecond: number;
  readonly randomPerSecond: number;
  readonly hotPerSecond: number;
  readonly bytesPerKey: number;
  readonly p50Ns: number;
  readonly p99Ns: number;
}

/** One limiter with one number of keys. */
export interface DecisionRow {
  readonly name: string;
  readonly keys: number;
  readonly didNotFinish?: string;
  readonly measures?: Readonly<Record<keyof Measured, Spread>>;
  /** Times rate-limiter-flexible in decisions over all keys, the two of each round against each other. */
  readonly timesFlexible?: Spread;
}

interface Plan {
  readonly keys: number;
  readonly rounds: number;
  readonly names: readonly string[];
}

const OURS = 'openkupe';
const YARDSTICK = 'rate-limiter-flexible';
/** A process that needs longer for its keys has not finished. */
const LIMIT_MS = 300_000;
const HEAP_MB = 14_000;
const WORKER = new URL('decisions.worker.ts', import.meta.url);

function plans(isQuick: boolean): Plan[] {
  if (isQuick) return [{ keys: 1_000_000, rounds: 2, names: [OURS, YARDSTICK] }];
  const names = Object.keys(LIMITERS);
  return [
    { keys: 1_000_000, rounds: 5, names },
    { keys: 10_000_000, rounds: 1, names: [OURS, YARDSTICK] },
  ];
}

/** The limiters take turns, each in a process of its own, so that what else runs on the machine meets all of them alike. */
export async function measureDecisions(isQuick: boolean): Promise<DecisionRow[]> {
  const rows: DecisionRow[] = [];
  for (const plan of plans(isQuick)) rows.push(...(await measurePlan(plan)));
  return rows;
}

async function measurePlan({ keys, rounds, names }: Plan): Promise<DecisionRow[]> {
  const measured = new Map<string, Measured[]>(names.map((name) => [name, []]));
  const failed = new Map<string, string>();
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) {
      if (failed.has(name)) continue;
      try {
        const one = await runWorker(WORKER, [name, String(keys)], { limitMs: LIMIT_MS, heapMb: HEAP_MB });
        measured.get(name)?.push(one as Measured);
      } catch (error) {
        if (!(error instanceof DidNotFinish)) throw error;
        failed.set(name, error.message);
      }
    }
  }
  const randomOf = (name: string) => (measured.get(name) ?? []).map(({ randomPerSecond }) => randomPerSecond);
  return names.map((name) => {
    const didNotFinish = failed.get(name);
    if (didNotFinish !== undefined) return { name, keys, didNotFinish };
    const row = { name, keys, measures: spreads(measured.get(name) ?? []) };
    if (failed.has(YARDSTICK) || name === YARDSTICK) return row;
    return { ...row, timesFlexible: spreadOf(pairedRatios(randomOf(name), randomOf(YARDSTICK))) };
  });
}

function spreads(rounds: readonly Measured[]): Record<keyof Measured, Spread> {
  const of = (measure: keyof Measured) => spreadOf(rounds.map((round) => round[measure]));
  return {
    insertPerSecond: of('insertPerSecond'),
    randomPerSecond: of('randomPerSecond'),
    hotPerSecond: of('hotPerSecond'),
    bytesPerKey: of('bytesPerKey'),
    p50Ns: of('p50Ns'),
    p99Ns: of('p99Ns'),
  };
}

/** One line per limiter and number of keys. */
export function decisionsTable(rows: readonly DecisionRow[]): string {
  const million = (value: number) => (value / 1e6).toFixed(2);
  const headings = ['limiter', 'keys', 'new keys M/s', 'all keys M/s', '1 024 keys M/s', `× ${YARDSTICK}`, 'bytes/key', 'p50 ns', 'p99 ns'];
  const lines = rows.map(({ name, keys, measures, timesFlexible, didNotFinish }) => {
    if (!measures) return [contestant(name), digits(keys), didNotFinish ?? '', ...Array(6).fill('')];
    const { insertPerSecond, randomPerSecond, hotPerSecond, bytesPerKey, p50Ns, p99Ns } = measures;
    const speeds = [insertPerSecond, randomPerSecond, hotPerSecond].map((speed) => range(speed, million));
    const times = timesFlexible ? range(timesFlexible, ratio) : '1';
    return [contestant(name), digits(keys), ...speeds, times, range(bytesPerKey), range(p50Ns), range(p99Ns)];
  });
  return markdown(headings, lines);
}
