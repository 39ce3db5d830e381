import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { describe, expect, it } from 'vitest';
import type { FactsPage, TypeAndFacts } from '../store/cluster-facts.ts';
import { CENSUS_MS, createClusterCensus } from './cluster-census.ts';

const ENGINES = { shared: 'vcluster', dedicated: 'cluster-api' };
const RUNNING = { isDeleted: false, isAccepted: true, wasReady: true, isDegraded: false, generation: 1, observedGeneration: 1 };
const cluster = (type: TypeAndFacts['type'], facts: Partial<TypeAndFacts['facts']> = {}): TypeAndFacts => ({
  type,
  facts: { ...RUNNING, ...facts },
});

/** A store with pages of clusters, and how often one of them was read. */
function storeOf(pages: readonly (readonly TypeAndFacts[])[]) {
  const reads = { count: 0, concurrent: 0, most: 0 };
  const clusterFacts = async (after: FactsPage['last']): Promise<FactsPage> => {
    const index = after ? Number(after.name) + 1 : 0;
    reads.count += 1;
    return { clusters: pages[index] ?? [], last: index + 1 < pages.length ? { tenant: 'acme', name: String(index) } : undefined };
  };
  return { reads, clusterFacts };
}

describe('the count of clusters', () => {
  it('adds all pages up, by engine and phase', async () => {
    const clock = createManualClock();
    const store = storeOf([[cluster('shared'), cluster('dedicated', { isDeleted: true })], [cluster('shared')], []]);
    const read = createClusterCensus(ENGINES, { store, clock }).read();
    await clock.runUntil(read);
    expect(await read).toEqual([
      { engine: 'vcluster', phase: 'Running', count: 2 },
      { engine: 'cluster-api', phase: 'Terminating', count: 1 },
    ]);
  });

  it('is good for a while; then the last one is answered while the next one runs', async () => {
    const clock = createManualClock();
    const pages = [[cluster('shared')]];
    const store = storeOf(pages);
    const census = createClusterCensus(ENGINES, { store, clock });
    await census.read();
    pages[0] = [];
    await clock.advance(CENSUS_MS - 1);
    expect([(await census.read()).length, store.reads.count]).toEqual([1, 1]);
    await clock.advance(1);
    expect([(await census.read()).length, store.reads.count]).toEqual([1, 2]);
    expect([(await census.read()).length, store.reads.count]).toEqual([0, 2]);
  });

  it('runs once at a time, and again after it failed', async () => {
    const clock = createManualClock();
    let isAway = true;
    const store = storeOf([[cluster('shared')]]);
    const clusterFacts: typeof store.clusterFacts = async (after) => {
      if (isAway) throw new Error('away');
      return store.clusterFacts(after);
    };
    const census = createClusterCensus(ENGINES, { store: { clusterFacts }, clock });
    await expect(census.read()).rejects.toThrow('away');
    isAway = false;
    const both = await Promise.all([census.read(), census.read()]);
    expect([both[0], store.reads.count]).toEqual([[{ engine: 'vcluster', phase: 'Running', count: 1 }], 1]);
  });
});
