import type { KubernetesClient } from './client.ts';

/** An API server of a cluster that has not answered within this time counts as one that does not answer. In milliseconds. */
const PROBE_MS = 3_000;

/** GETs `/readyz` or `/version` of the API server of a cluster, without waiting for one that does not answer. */
export function probe(client: Pick<KubernetesClient, 'raw'>, path: string): Promise<string> {
  return client.raw(path, { signal: AbortSignal.timeout(PROBE_MS) });
}
