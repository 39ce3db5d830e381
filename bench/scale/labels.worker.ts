/**
 * What a list by labels costs: one tenant with all clusters, of which one in a thousand is selected, and the same in tenants of ten; by the index, and by
 * reading the rows of the tenant and filtering them in memory. Prints milliseconds.
 */
import { rmSync } from 'node:fs';
import { matchesLabels, parseLabelSelector } from '../../packages/contract/src/index.ts';
import { readPage } from '../../packages/server/src/routes/read-page.ts';
import type { WriteOf } from '../../packages/server/src/store/store.ts';
import { clusterToMake } from '../server/openkupe.ts';
import { storeOfWorker } from './store-of-worker.ts';

/** One in so many clusters is selected. */
const SELECTED = 1_000;
const CLUSTERS_PER_SMALL_TENANT = 10;

const { clusters, folder, store } = await storeOfWorker();

function labelled(tenant: string, index: number) {
  const write = clusterToMake(tenant, `c${String(index).padStart(7, '0')}`) as Extract<WriteOf<'cluster'>, { verb: 'create' }>;
  const labels = { env: index % SELECTED === 0 ? 'prod' : 'dev', team: `team-${index % 50}` };
  return { ...write, spec: { ...write.spec, labels } };
}
const all = Array.from({ length: clusters }, (_, index) => [
  labelled('large', index),
  labelled(`t${Math.floor(index / CLUSTERS_PER_SMALL_TENANT)}`, index),
]);
for (let from = 0; from < all.length; from += 500)
  await Promise.all(all.slice(from, from + 500).map((writes) => store.commit({ at: 0, writes })));

type Way = 'indexed' | 'scanned';
const list = async (way: Way, tenant: string, query: Record<string, string>, value = 'prod') => {
  const call = { params: { tenant }, query };
  const requirements = parseLabelSelector(`env=${value}`) ?? [];
  const label = way === 'indexed' ? { key: 'env', value } : undefined;
  const page = await readPage('cluster', call, { store }, ({ spec }) => matchesLabels(requirements, spec.labels), label);
  return { count: [...page.rows].filter((row) => row).length, next: page.next?.() };
};
async function listByPages(way: Way): Promise<number> {
  let count = 0;
  let next: string | undefined;
  do {
    const page = await list(way, 'large', { limit: '500', ...(next && { continue: next }) });
    count += page.count;
    next = page.next;
  } while (next);
  return count;
}
/** The middle of several times, in milliseconds. */
async function timed(times: number, work: () => Promise<number>, expected: number): Promise<number> {
  const each: number[] = [];
  for (let round = 0; round < times; round += 1) {
    const startedAt = performance.now();
    const count = await work();
    if (count !== expected) throw new Error(`${count} clusters were listed, and ${expected} are there`);
    each.push(performance.now() - startedAt);
  }
  return each.sort((one, other) => one - other)[Math.floor(times / 2)] ?? 0;
}
const selected = Math.ceil(clusters / SELECTED);
const measure = async (way: Way) => ({
  wholeMs: await timed(3, async () => (await list(way, 'large', {})).count, selected),
  pagesMs: await timed(3, () => listByPages(way), selected),
  commonMs: await timed(9, async () => (await list(way, 'large', { limit: '500' }, 'dev')).count, 500),
  smallMs: await timed(9, async () => (await list(way, 't0', {})).count, 1),
});
const measured = { indexed: await measure('indexed'), scanned: await measure('scanned') };
await store.close();
rmSync(folder, { recursive: true });
console.log(JSON.stringify(measured));
