import type { Cluster, ClusterCreate, ClusterPatch, ConnectionDetails } from '@openkupe/contract/resources/cluster';
import type { Answer, ApiCall, CallOptions } from '../call.ts';
import type { CallScope } from '../call-scope.ts';
import { carryOut } from '../carry-out.ts';
import { createAndConfirm } from '../create/confirm-existing.ts';
import type { Engine } from '../engine.ts';
import { NotFoundError } from '../errors/by-status.ts';
import { patchOnce } from '../update/patch-once.ts';
import { readModifyWrite, type UpdateOptions } from '../update/read-modify-write.ts';
import { type ClusterCondition, type ClusterWaitOptions, createClusterWaiting } from './cluster-wait.ts';
import { deleteOnce } from './delete-once.ts';
import { type Decode, decodeItems, decodeObject, toAnswer } from './exchange-to-answer.ts';
import { apiPath } from './paths.ts';

export interface GuardOptions extends CallOptions {
  /** Write only if the resource still has this ETag. */
  readonly ifMatch?: string;
}

export interface Clusters {
  list(options?: CallOptions): Promise<Answer<Cluster[]>>;
  get(name: string, options?: CallOptions): Promise<Answer<Cluster>>;
  create(body: ClusterCreate, options?: CallOptions): Promise<Answer<Cluster>>;
  /**
   * Reads, applies `change` and writes; again from the start when somebody else was faster. No difference, no write.
   *
   * @example
   * await client.clusters.update('production', ({ version }) => (version === '1.32' ? undefined : { version: '1.32' }));
   */
  update(name: string, change: (current: Cluster) => ClusterPatch | undefined, options?: UpdateOptions): Promise<Answer<Cluster>>;
  /**
   * Writes `patch` as it is. Without `ifMatch` it overwrites whatever is there, and is not repeated when its fate is unknown.
   *
   * @example
   * const { etag } = await client.clusters.get('production');
   * if (etag) await client.clusters.patch('production', { version: '1.32' }, { ifMatch: etag });
   */
  patch(name: string, patch: ClusterPatch, options?: GuardOptions): Promise<Answer<Cluster>>;
  delete(name: string, options?: GuardOptions): Promise<Answer<undefined>>;
  /** Where the cluster answers and the CA to trust: what a kubeconfig is made of. 503 until it was ready once. */
  connection(name: string, options?: CallOptions): Promise<Answer<ConnectionDetails>>;
  /**
   * Waits until the cluster is as it is wanted: `Running`, `deleted`, or whatever a function says of it.
   *
   * @example
   * await client.clusters.waitFor('production', 'Running', { timeoutMs: 600_000 });
   * await client.clusters.waitFor('production', (cluster) => cluster?.status.phase !== 'Provisioning');
   */
  waitFor(name: string, condition: 'Running', options?: ClusterWaitOptions): Promise<Answer<Cluster>>;
  waitFor(name: string, condition: ClusterCondition, options?: ClusterWaitOptions): Promise<Answer<Cluster | undefined>>;
}

/** More names than this are not remembered; then a wait for an old one no longer tolerates its absence. */
const MOST_REMEMBERED = 10_000;

/** What a call made on behalf of another one keeps of its options. */
function onlySignal({ signal }: CallOptions): CallOptions {
  return signal ? { signal } : {};
}

/** The clusters of one tenant. */
export function createClusters(engine: Engine, tenant: string): Clusters {
  const collection = ['tenants', tenant, 'clusters'] as const;
  /** Clusters that this client created: a 404 on one of them may be a create that has not finished. */
  const created = new Set<string>();
  const remember = (name: string) => {
    if (created.size >= MOST_REMEMBERED) created.clear();
    created.add(name);
  };
  const path = (...name: string[]) => apiPath(...collection, ...name);
  const waiting = createClusterWaiting(engine, { path, wasCreated: (name) => created.has(name) });

  async function ask<T>(call: ApiCall, decode: Decode<T>): Promise<Answer<T>> {
    return toAnswer(call, await carryOut(engine, call), decode);
  }
  const read = (name: string, options: CallOptions, isStep = false) =>
    ask({ route: 'clusters.get', method: 'GET', path: path(name), options, isStep }, decodeObject<Cluster>);
  const write = (name: string, body: ClusterPatch, ifMatch: string | undefined, options: CallOptions, isStep = false) => {
    const guard = ifMatch === undefined ? {} : { ifMatch };
    return ask({ route: 'clusters.update', method: 'PATCH', path: path(name), body, ...guard, options, isStep }, decodeObject<Cluster>);
  };
  const within = (scope: CallScope): CallOptions => ({ signal: scope.signal, timeoutMs: scope.leftMs() });

  const clusters = {
    list(options: CallOptions = {}) {
      return ask({ route: 'clusters.list', method: 'GET', path: path(), options }, decodeItems<Cluster>);
    },
    get(name: string, options: CallOptions = {}) {
      return read(name, options);
    },
    async create(body: ClusterCreate, options: CallOptions = {}) {
      const create = { route: 'clusters.create', method: 'POST', path: path(), body, options } as const;
      const look = { route: 'clusters.get', method: 'GET', path: path(body.name), options: onlySignal(options) } as const;
      const answer = await createAndConfirm(engine, { create, read: look, decode: decodeObject<Cluster> });
      remember(body.name);
      return answer;
    },
    update(name: string, change: (current: Cluster) => ClusterPatch | undefined, options?: UpdateOptions) {
      const target = {
        path: path(name),
        read: (scope: CallScope) => read(name, within(scope), true),
        write: (patch: ClusterPatch, ifMatch: string | undefined, scope: CallScope) => write(name, patch, ifMatch, within(scope), true),
      };
      return readModifyWrite(engine, target, change, options);
    },
    patch(name: string, body: ClusterPatch, { ifMatch, ...options }: GuardOptions = {}) {
      const again = () => read(name, onlySignal(options));
      return patchOnce(engine, { path: path(name), body, read: again, write: () => write(name, body, ifMatch, options) });
    },
    delete(name: string, { ifMatch, ...options }: GuardOptions = {}) {
      const guard = ifMatch === undefined ? {} : { ifMatch };
      const isDeleting = () =>
        clusters.get(name, onlySignal(options)).then(
          ({ value }) => value.status.phase === 'Terminating',
          (error: unknown) => error instanceof NotFoundError,
        );
      return deleteOnce(engine, { route: 'clusters.delete', method: 'DELETE', path: path(name), ...guard, options }, isDeleting);
    },
    connection(name: string, options: CallOptions = {}) {
      return ask({ route: 'clusters.kubeconfig', method: 'GET', path: path(name, 'kubeconfig'), options }, decodeObject<ConnectionDetails>);
    },
    waitFor: waiting.waitFor,
  };
  return clusters as Clusters;
}
