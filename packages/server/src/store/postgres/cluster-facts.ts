import { FACTS_COLUMNS, type FactsPage, type FactsRow, factsPage } from '../cluster-facts.ts';
import type { ResourceKey } from '../resource.ts';
import { type Runner, run, type Statement } from './statement.ts';

const FACTS_AFTER: Statement = {
  name: 'facts-after',
  text: `SELECT ${FACTS_COLUMNS} FROM resource WHERE kind = 'cluster' AND (tenant, name) > ($1, $2) ORDER BY tenant, name LIMIT $3`,
};

/** What decides the phase of clusters, by a range of the primary key. */
export async function readClusterFacts(
  pool: Runner,
  after: Pick<ResourceKey, 'tenant' | 'name'> | undefined,
  limit: number,
): Promise<FactsPage> {
  const rows = await run<FactsRow & Record<string, unknown>>(pool, FACTS_AFTER, after?.tenant ?? '', after?.name ?? '', limit);
  return factsPage(rows, limit);
}
