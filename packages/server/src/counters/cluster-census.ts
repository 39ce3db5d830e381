import { type Clock, type ClusterPhase, clusterPhase } from '@openkupe/contract';
import type { ClusterSpec } from '../store/resource.ts';
import type { Store } from '../store/store.ts';

/** How many clusters of an engine are in a phase. */
export interface CensusRow {
  readonly engine: string;
  readonly phase: ClusterPhase;
  readonly count: number;
}

/** How many clusters there are, by engine and phase. */
export interface ClusterCensus {
  /**
   * The last count, which is at most as old as {@link CENSUS_MS} and the time that counting takes; the first time it waits for that. One count runs
   * at a time, in pages, and takes at most a tenth of the processor. Rejects as the store does.
   */
  read(): Promise<readonly CensusRow[]>;
}

/** How long a count is good for, in milliseconds. */
export const CENSUS_MS = 30_000;
/** Clusters read at once: a page holds up requests for a few milliseconds. */
const PAGE = 250;
/** After each page the pause is this many times as long as the page took. */
const PAUSE = 9;

/** Counts what is in the store. `engines`: which engine has the clusters of each type. */
export function createClusterCensus(
  engines: Readonly<Record<ClusterSpec['type'], string>>,
  { store, clock }: { readonly store: Pick<Store, 'clusterFacts'>; readonly clock: Pick<Clock, 'monotonic' | 'sleep'> },
): ClusterCensus {
  let last: { readonly rows: readonly CensusRow[]; readonly atMs: number } | undefined;
  let running: Promise<readonly CensusRow[]> | undefined;

  async function count(): Promise<readonly CensusRow[]> {
    const counts = new Map<string, { readonly engine: string; readonly phase: ClusterPhase; count: number }>();
    let after: Awaited<ReturnType<Store['clusterFacts']>>['last'];
    do {
      const startedMs = clock.monotonic();
      const page = await store.clusterFacts(after, PAGE);
      for (const { type, facts } of page.clusters) {
        const engine = engines[type];
        const phase = clusterPhase(facts);
        const found = counts.get(`${engine} ${phase}`) ?? { engine, phase, count: 0 };
        found.count += 1;
        counts.set(`${engine} ${phase}`, found);
      }
      after = page.last;
      if (after) await clock.sleep(PAUSE * Math.max(1, clock.monotonic() - startedMs));
    } while (after);
    const rows = [...counts.values()];
    last = { rows, atMs: clock.monotonic() };
    return rows;
  }

  return {
    async read() {
      if (last && clock.monotonic() - last.atMs < CENSUS_MS) return last.rows;
      running ??= count().finally(() => {
        running = undefined;
      });
      if (!last) return running;
      // NOTE: a count that fails is tried again by the next reading.
      running.catch(() => {});
      return last.rows;
    },
  };
}
