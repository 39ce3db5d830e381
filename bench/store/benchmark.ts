/**
 * Durable updates a second through the store's own `commit`: one caller at a time, 32 callers whose commits share transactions, and 32
 * callers with a transaction each. The ratio is what group commit is worth on the disk of `TMPDIR`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openFolder } from '../../packages/server/src/store/sqlite/open.ts';
import { createSqliteStore, STORE_LIMITS } from '../../packages/server/src/store/sqlite/sqlite-store.ts';
import { alternate, type Compared, compare } from '../harness/alternate.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { ratiosTable } from '../harness/table.ts';
import { updatesPerSecond } from './updates.ts';

type Measure = 'perSecond' | 'delayP99Ms';

interface Results {
  readonly 'group-commit': readonly Compared<Measure>[];
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

/** The benchmark of the store. */
export const benchmark: Benchmark<Results> = {
  parts: {
    'group-commit': {
      measure,
      table: (rows) => ratiosTable(rows, 'perSecond', { perSecond: 'durable updates/s', delayP99Ms: 'event loop delay p99 ms' }),
    },
  },
  targets: [
    {
      text: 'durable updates with 32 in flight, of those one at a time',
      of: ({ 'group-commit': rows }) => rows?.find(({ name }) => name === GROUPED)?.ratios.perSecond.median,
      atLeast: 2,
    },
  ],
};
