import { hasValkey, startValkey } from '../../conformance/valkey-server.ts';
import { pairedRatios, type Spread, spreadOf } from '../harness/statistics.ts';
import { contestant, markdown, range, ratio } from '../harness/table.ts';
import { runWorker } from '../harness/worker.ts';

/** What one process measured of one limiter. */
interface Measured {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly refused: number;
}

/** One limiter: its measures, and its processor time as a multiple of the peer's and of that in process. */
export interface SharedRow {
  readonly name: string;
  readonly perSecond: Spread;
  readonly cpuUs: Spread;
  readonly p50Us: Spread;
  readonly p99Us: Spread;
  readonly refused: number;
  readonly timesPeer: Spread;
  readonly timesInProcess: Spread;
}

const IN_PROCESS = 'openkupe, in process';
const PLAIN = 'a plain GCRA in Lua, Valkey';
const PEER = 'rate-limiter-flexible, Valkey';
const NAMES = [IN_PROCESS, 'openkupe, shared', PLAIN, PEER];
const WORKER = new URL('shared.worker.ts', import.meta.url);
const LIMIT_MS = 60_000;

/** The limiters take turns on one server, each in a process of its own. Nothing where there is no Valkey or Redis. */
export async function measureShared(isQuick: boolean): Promise<SharedRow[]> {
  if (!hasValkey) return [];
  const server = await startValkey();
  const measured = new Map<string, Measured[]>(NAMES.map((name) => [name, []]));
  try {
    for (let round = 0; round < (isQuick ? 3 : 7); round += 1) {
      for (const name of NAMES) {
        await server.send('FLUSHALL');
        measured
          .get(name)
          ?.push((await runWorker(WORKER, [name, String(server.port), '1'], { limitMs: LIMIT_MS, heapMb: 1_000 })) as Measured);
      }
    }
  } finally {
    await server.kill();
  }
  const of = (name: string, measure: keyof Measured) => (measured.get(name) ?? []).map((round) => round[measure]);
  return NAMES.map((name) => ({
    name,
    perSecond: spreadOf(of(name, 'perSecond')),
    cpuUs: spreadOf(of(name, 'cpuUs')),
    p50Us: spreadOf(of(name, 'p50Us')),
    p99Us: spreadOf(of(name, 'p99Us')),
    refused: Math.max(...of(name, 'refused')),
    timesPeer: spreadOf(pairedRatios(of(name, 'cpuUs'), of(PEER, 'cpuUs'))),
    timesInProcess: spreadOf(pairedRatios(of(name, 'cpuUs'), of(IN_PROCESS, 'cpuUs'))),
  }));
}

/** One line per limiter. */
export function sharedTable(rows: readonly SharedRow[]): string {
  const whole = (value: number) => value.toFixed(0);
  const tenth = (value: number) => value.toFixed(1);
  const headings = ['limiter', 'processor µs', `× ${PEER}`, '× in process', 'decisions/s, 64 in flight', 'p50 µs', 'p99 µs'];
  const lines = rows.map(({ name, perSecond, timesPeer, cpuUs, timesInProcess, p50Us, p99Us }) => [
    contestant(name),
    range(cpuUs, tenth),
    range(timesPeer, ratio),
    range(timesInProcess, whole),
    range(perSecond),
    range(p50Us, tenth),
    range(p99Us, tenth),
  ]);
  return markdown(headings, lines);
}
