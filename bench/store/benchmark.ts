/**
 * Durable updates a second through the store's own `commit`: one caller at a time, 32 callers whose commits share transactions, and 32
 * callers with a transaction each. The ratio is what group commit is worth on the disk of `TMPDIR`. Then 32 callers beside reads, with the
 * transactions in the thread of the reads and in one of their own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { startInlineWriter } from '../../packages/server/src/store/sqlite/inline-writer.ts';
import { openFolder } from '../../packages/server/src/store/sqlite/open.ts';
import { createSqliteStore } from '../../packages/server/src/store/sqlite/sqlite-store.ts';
import type { StartWriter } from '../../packages/server/src/store/sqlite/writer.ts';
import { startWriterThread } from '../../packages/server/src/store/sqlite/writer-thread.ts';
import type { Store } from '../../packages/server/src/store/store.ts';
import { STORE_LIMITS } from '../../packages/server/src/store/write-methods.ts';
import { alternate, type Compared, compare } from '../harness/alternate.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { quantile } from '../harness/statistics.ts';
import { ratiosTable } from '../harness/table.ts';
import { measurePostgres, ON_POSTGRES } from './postgres.ts';
import { READ_KEY, updatesPerSecond } from './updates.ts';

type Measure = 'perSecond' | 'delayP99Ms';

interface Results {
  readonly 'group-commit': readonly Compared<Measure>[];
  readonly writer: readonly Compared<'perSecond' | 'readP99Ms'>[];
  readonly postgres: readonly Compared<'perSecond'>[];
}

const SINGLE = '1 in flight';
const GROUPED = '32 in flight, grouped';

interface Case {
  readonly name: string;
  readonly callers: number;
  readonly largestGroup: number;
}

const CASES: readonly Case[] = [
  { name: SINGLE, callers: 1, largestGroup: STORE_LIMITS.largestGroup },
  { name: GROUPED, callers: 32, largestGroup: STORE_LIMITS.largestGroup },
  { name: '32 in flight, a transaction each', callers: 32, largestGroup: 1 },
];

async function run({ callers, largestGroup }: Case, seconds: number): Promise<Record<Measure, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'openkupe-bench-'));
  const store = createSqliteStore(openFolder(folder), { ...STORE_LIMITS, largestGroup });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const perSecond = await updatesPerSecond(store, callers, seconds);
  delay.disable();
  await store.close();
  rmSync(folder, { recursive: true });
  return { perSecond, delayP99Ms: delay.percentile(99) / 1e6 };
}

async function measure(isQuick: boolean): Promise<readonly Compared<Measure>[]> {
  const contestants = CASES.map((one) => ({ name: one.name, run: () => run(one, isQuick ? 0.3 : 2) }));
  return compare(await alternate(contestants, isQuick ? 2 : 5), SINGLE);
}

/** One read a millisecond until `hasEnded`; each from when it was due, so that a thread that is busy or waits for the disk counts. */
async function readP99Ms(store: Store, hasEnded: () => boolean): Promise<number> {
  const latencies: number[] = [];
  while (!hasEnded()) {
    const dueAt = performance.now() + 1;
    await sleep(1);
    await store.get(READ_KEY);
    latencies.push(performance.now() - dueAt);
  }
  return quantile(latencies, 0.99);
}

async function runBesideReads(startWriter: StartWriter, seconds: number): Promise<Record<'perSecond' | 'readP99Ms', number>> {
  const folder = mkdtempSync(join(tmpdir(), 'openkupe-bench-'));
  const store = createSqliteStore(openFolder(folder), STORE_LIMITS, undefined, undefined, startWriter);
  let hasEnded = false;
  const reads = readP99Ms(store, () => hasEnded);
  const perSecond = await updatesPerSecond(store, 32, seconds);
  hasEnded = true;
  const found = { perSecond, readP99Ms: await reads };
  await store.close();
  rmSync(folder, { recursive: true });
  return found;
}

const INLINE = 'in the thread of the reads';
const THREAD = 'in a thread of their own';

async function measureWriter(isQuick: boolean): Promise<Results['writer']> {
  const contestants = [
    { name: INLINE, run: () => runBesideReads(startInlineWriter, isQuick ? 0.5 : 2) },
    { name: THREAD, run: () => runBesideReads(startWriterThread, isQuick ? 0.5 : 2) },
  ];
  return compare(await alternate(contestants, isQuick ? 2 : 5), INLINE);
}

/** The benchmark of the store. */
export const benchmark: Benchmark<Results> = {
  parts: {
    'group-commit': {
      measure,
      table: (rows) => ratiosTable(rows, 'perSecond', { perSecond: 'durable updates/s', delayP99Ms: 'event loop delay p99 ms' }),
    },
    writer: {
      measure: measureWriter,
      table: (rows) => ratiosTable(rows, 'readP99Ms', { readP99Ms: 'p99 of reads, ms', perSecond: 'durable updates/s' }),
    },
    postgres: { measure: measurePostgres, table: (rows) => ratiosTable(rows, 'perSecond', { perSecond: 'durable updates/s' }) },
  },
  targets: [
    {
      text: 'durable updates with 32 in flight, of those one at a time',
      of: ({ 'group-commit': rows }) => rows?.find(({ name }) => name === GROUPED)?.ratios.perSecond.median,
      atLeast: 2,
    },
    {
      text: 'p99 of reads beside writes in a thread, of that beside writes in the thread of the reads',
      of: ({ writer }) => writer?.find(({ name }) => name === THREAD)?.ratios.readP99Ms.median,
      atMost: 0.5,
    },
    {
      text: 'PostgreSQL: durable updates with 32 in flight, of those of pgbench',
      of: ({ postgres }) => postgres?.find(({ name }) => name === ON_POSTGRES)?.ratios.perSecond.median,
      atLeast: 1,
    },
  ],
};
