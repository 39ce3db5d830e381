import type {
  ClientCertificate,
  ClientCertificateRequest,
  Cluster,
  ClusterCreate,
  ClusterExplanation,
  ClusterPatch,
  ConnectionDetails,
} from '@openkupe/contract/resources/cluster';
import type { ApiCall, CallOptions, ChangeOptions, Result } from '../call.ts';
import { createWithKey } from '../create/create-with-key.ts';
import type { Engine } from '../engine.ts';
import { readOnce } from '../operation.ts';
import { decodeObject } from '../to-result.ts';
import { watchList } from '../watch/watch-list.ts';
import { type ClusterCondition, type ClusterWaitOptions, createClusterWaiting } from './cluster-wait.ts';
import { type Collection, createCollection, type NameFilter } from './collection.ts';
import { decoderOf } from './decode-resource.ts';
import { createEvents } from './events.ts';
import { readAllPages } from './list-pages.ts';
import { apiPath } from './paths.ts';

/** Which clusters are listed. */
export interface ClusterFilter extends NameFilter {
  /** Those that are to have this version; a minor one such as `1.32` stands for all of its patches. */
  readonly version?: string | undefined;
  /** Those of this type: `shared` or `dedicated`. */
  readonly type?: string | undefined;
  /** Those whose labels meet this selector, as kubectl takes it: `env=prod,tier in (web,api),!legacy`. */
  readonly labelSelector?: string | undefined;
}

/** The clusters of one tenant. */
export interface Clusters extends Collection<Cluster, ClusterCreate, ClusterPatch, ClusterFilter> {
  /** The address of the cluster's API server and the CA to trust: what a kubeconfig is made of. 503 until it was ready once. */
  connection(name: string, options?: CallOptions): Promise<Result<ConnectionDetails>>;
  /** A client certificate with its key, for a cluster that cannot ask about tokens. A conflict where the cluster's engine issues none. */
  clientCertificate(name: string, body?: ClientCertificateRequest, options?: ChangeOptions): Promise<Result<ClientCertificate>>;
  /** What the control plane does next with the cluster, since when it waits, and for what. */
  explain(name: string, options?: CallOptions): Promise<Result<ClusterExplanation>>;
  /**
   * The list as it is, read in pages of 500, and again whenever it may have changed: at once where the server streams events, and every ten seconds in any case.
   *
   * @example
   * for await (const { value } of client.clusters.watch({ phase: 'Degraded' })) {
   *   console.log(value.length);
   *   break;
   * }
   */
  watch(options?: CallOptions & ClusterFilter): AsyncGenerator<Result<Cluster[]>, void>;
  /**
   * Reads the cluster again and again until it is `Running`, `deleted`, or a function of it returns true. The attempts of the result are
   * those of the last read. Throws a TimeoutError when the time is over, and the first error that waiting cannot cure.
   *
   * @example
   * await client.clusters.waitFor('production', 'Running', { timeoutMs: 600_000 });
   * await client.clusters.waitFor('production', (cluster) => cluster?.status.phase !== 'Provisioning');
   */
  waitFor(name: string, condition: 'Running', options?: ClusterWaitOptions): Promise<Result<Cluster>>;
  waitFor(name: string, condition: ClusterCondition, options?: ClusterWaitOptions): Promise<Result<Cluster | undefined>>;
}

/** The methods for the clusters of one tenant. */
export function createClusters(engine: Engine, tenant: string): Clusters {
  const newNames = new Set<string>();
  const path = (...name: string[]) => apiPath('tenants', tenant, 'clusters', ...name);
  const clusters = createCollection<Cluster, ClusterCreate, ClusterPatch, ClusterFilter>(engine, {
    kind: 'clusters',
    tenant,
    ...decoderOf<Cluster>('cluster'),
    isDeleting: ({ status }) => status.phase === 'Terminating',
    newNames,
  });
  const events = createEvents(engine, tenant);
  return {
    ...clusters,
    watch: (options = {}) =>
      watchList(engine, readAllPages(clusters, options), { events, kind: 'cluster', ...(options.signal && { signal: options.signal }) }),
    async connection(name, options) {
      const call: ApiCall = { route: 'clusters.kubeconfig', method: 'GET', path: path(name, 'kubeconfig') };
      return readOnce(engine, call, decodeObject<ConnectionDetails>, options);
    },
    async clientCertificate(name, body = {}, options) {
      const create = { route: 'clusters.client-certificate', method: 'POST', path: path(name, 'client-certificate'), body } as const;
      const reading: ApiCall = { route: 'clusters.get', method: 'GET', path: path(name) };
      return createWithKey(engine, { create, reading, decode: decodeObject<ClientCertificate> }, options);
    },
    async explain(name, options) {
      const call: ApiCall = { route: 'clusters.explain', method: 'GET', path: path(name, 'explain') };
      return readOnce(engine, call, decodeObject<ClusterExplanation>, options);
    },
    waitFor: createClusterWaiting(engine, { path, newNames, events }) as Clusters['waitFor'],
  };
}
