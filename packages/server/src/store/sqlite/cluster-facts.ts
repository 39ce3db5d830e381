import type { DatabaseSync } from 'node:sqlite';
import { FACTS_COLUMNS, type FactsPage, type FactsRow, factsPage } from '../cluster-facts.ts';
import type { ResourceKey } from '../resource.ts';

/** Prepares the read of what decides the phase of clusters, by a range of the primary key. */
export function prepareClusterFacts(database: DatabaseSync) {
  const page = database.prepare(`
    SELECT ${FACTS_COLUMNS} FROM resource WHERE kind = 'cluster' AND (tenant, name) > (?, ?) ORDER BY tenant, name LIMIT ?`);
  return (after: Pick<ResourceKey, 'tenant' | 'name'> | undefined, limit: number): FactsPage =>
    factsPage(page.all(after?.tenant ?? '', after?.name ?? '', limit) as unknown as FactsRow[], limit);
}
