import type { ClusterFacts } from '@openkupe/contract';
import type { ClusterObserved, ClusterSpec, Resource, ResourceKey } from './resource.ts';

/** What decides the phase of a stored cluster. */
export function clusterFacts({
  deletedAt,
  generation,
  observed,
}: Pick<Resource<'cluster'>, 'deletedAt' | 'generation' | 'observed'>): ClusterFacts {
  return {
    isDeleted: deletedAt !== undefined,
    isAccepted: observed.acceptedAt !== undefined,
    wasReady: observed.readyAt !== undefined,
    isDegraded: observed.degraded !== undefined,
    generation,
    observedGeneration: observed.observedGeneration,
  };
}

/** The columns of a row that {@link factsPage} reads. */
export const FACTS_COLUMNS = 'tenant, name, generation, deleted_at, spec, observed';
/** A row of {@link FACTS_COLUMNS}. */
export interface FactsRow {
  readonly tenant: string;
  readonly name: string;
  readonly generation: number;
  readonly deleted_at: number | null;
  readonly spec: string;
  readonly observed: string;
}

/** The type of a cluster, and what decides its phase. */
export interface TypeAndFacts {
  readonly type: ClusterSpec['type'];
  readonly facts: ClusterFacts;
}

/** A page of clusters, and the last one of it where another page may follow. */
export interface FactsPage {
  readonly clusters: readonly TypeAndFacts[];
  readonly last: Pick<ResourceKey, 'tenant' | 'name'> | undefined;
}

function factsOf({ spec, observed, deleted_at: deletedAt, generation }: FactsRow): TypeAndFacts | undefined {
  try {
    const status = JSON.parse(observed) as ClusterObserved;
    const facts = clusterFacts({ generation, observed: status, ...(deletedAt !== null && { deletedAt }) });
    return { type: (JSON.parse(spec) as ClusterSpec).type, facts };
  } catch {
    return undefined;
  }
}

/** The clusters of a page of rows. One whose texts cannot be parsed is left out: what reads it as a whole reports it. */
export function factsPage(rows: readonly FactsRow[], limit: number): FactsPage {
  const last = rows.length < limit ? undefined : rows.at(-1);
  return { clusters: rows.map(factsOf).filter((one) => one !== undefined), last: last && { tenant: last.tenant, name: last.name } };
}
