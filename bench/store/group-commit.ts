/**
 * Durable updates a second through the store's own `commit`: one caller at a time, 32 callers whose commits share transactions, and 32
 * callers with a transaction each. The ratio is what group commit is worth on this disk; absolute numbers are this machine's.
 *
 *     node bench/store/group-commit.ts [seconds per run] [rounds] [folder on the disk to measure]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ResourceKey } from '../../packages/server/src/store/resource.ts';
import { openFolder } from '../../packages/server/src/store/sqlite/open.ts';
import { createSqliteStore, STORE_LIMITS } from '../../packages/server/src/store/sqlite/sqlite-store.ts';
import type { Store, WriteOf } from '../../packages/server/src/store/store.ts';

const [seconds = 2, rounds = 3] = process.argv.slice(2).map(Number);
const parent = process.argv[4] ?? tmpdir();

interface Case {
  readonly name: string;
  readonly callers: number;
  readonly largestGroup: number;
}

const CASES: readonly Case[] = [
  { name: '1 in flight', callers: 1, largestGroup: STORE_LIMITS.largestGroup },
  { name: '32 in flight, grouped', callers: 32, largestGroup: STORE_LIMITS.largestGroup },
  { name: '32 in flight, a transaction each', callers: 32, largestGroup: 1 },
];

const spec: WriteOf<'cluster'> & { verb: 'create' } = {
  verb: 'create',
  key: { kind: 'cluster', tenant: 'bench', name: '' },
  uid: 'u',
  spec: { displayName: 'A cluster', type: 'shared', version: '1.32', resources: { cpu: '4', memory: '8Gi' }, highAvailability: false },
  observed: { observedGeneration: 1, kubernetesVersion: 'v1.32.3', endpoint: 'https://c.example', caPem: 'x'.repeat(500), waitingFor: '' },
};

/** Updates one cluster, as a PATCH does: row, audit, event and wake, until `until` (monotonic milliseconds). Returns how often. */
async function updateUntil(store: Store, name: string, until: number): Promise<number> {
  const key: ResourceKey<'cluster'> = { kind: 'cluster', tenant: 'bench', name };
  const created = await store.commit({ at: 1, writes: [{ ...spec, key }] });
  if (created.outcome !== 'written') throw new Error(`create answered ${created.outcome}`);
  let version = created.resources[0]?.resourceVersion ?? '';
  for (let count = 0; ; count += 1) {
    if (performance.now() >= until) return count;
    const outcome = await store.commit({
      at: count,
      writes: [{ verb: 'update-if', key, expectedVersion: version, spec: spec.spec }],
      audit: { tenant: 'bench', actor: 'bench', action: 'clusters.update', target: name, requestId: `r${count}` },
      events: [{ key, type: 'changed', message: 'Cluster was changed' }],
      wake: [key],
    });
    if (outcome.outcome !== 'written') throw new Error(`update answered ${outcome.outcome}`);
    version = outcome.resources[0]?.resourceVersion ?? '';
  }
}

async function run({ callers, largestGroup }: Case): Promise<{ perSecond: number; delayP99Ms: number }> {
  const folder = mkdtempSync(join(parent, 'openkupe-bench-'));
  const store = createSqliteStore(openFolder(folder), { ...STORE_LIMITS, largestGroup });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const startedAt = performance.now();
  const counts = await Promise.all(
    Array.from({ length: callers }, (_, index) => updateUntil(store, `c${index}`, startedAt + seconds * 1000)),
  );
  const elapsedSeconds = (performance.now() - startedAt) / 1000;
  delay.disable();
  await store.close();
  rmSync(folder, { recursive: true });
  return { perSecond: counts.reduce((sum, count) => sum + count, 0) / elapsedSeconds, delayP99Ms: delay.percentile(99) / 1e6 };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const results = new Map<Case, Awaited<ReturnType<typeof run>>[]>();
for (let round = 0; round < rounds; round += 1) {
  for (const one of CASES) results.set(one, [...(results.get(one) ?? []), await run(one)]);
}
const single = median((results.get(CASES[0] as Case) ?? []).map(({ perSecond }) => perSecond));
console.log(`Durable updates a second, median of ${rounds} interleaved runs of ${seconds} s`);
console.table(
  Object.fromEntries(
    [...results].map(([{ name }, runs]) => {
      const perSecond = median(runs.map((one) => one.perSecond));
      const delayP99Ms = median(runs.map((one) => one.delayP99Ms));
      return [
        name,
        {
          'per second': Math.round(perSecond),
          ratio: Number((perSecond / single).toFixed(2)),
          'loop delay p99 ms': Number(delayP99Ms.toFixed(2)),
        },
      ];
    }),
  ),
);
