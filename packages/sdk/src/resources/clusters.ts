import type { Cluster, ClusterCreate, ClusterPatch, ConnectionDetails } from '@openkupe/contract/resources/cluster';
import type { Answer, ApiCall, CallOptions } from '../call.ts';
import type { CallScope } from '../call-scope.ts';
import type { Engine } from '../engine.ts';
import { runCall } from '../retry/loop.ts';
import { readModifyWrite, type UpdateOptions } from '../update/read-modify-write.ts';
import { type WaitOptions, waitUntil } from '../wait/wait-until.ts';
import { type Decode, decodeItems, decodeObject, toAnswer, toEmptyAnswer } from './exchange-to-answer.ts';
import { apiPath } from './paths.ts';

export interface GuardOptions extends CallOptions {
  /** Write only if the resource still has this ETag. */
  readonly ifMatch?: string;
}

/** `Running` (and, with a generation, that generation fully applied), `deleted`, or any condition on what is seen. */
export type ClusterCondition = 'Running' | 'deleted' | ((cluster: Cluster | undefined) => boolean);

export interface ClusterWaitOptions extends WaitOptions<Cluster> {
  /** The generation that has to be fully applied, as the answer to a write gave it. */
  readonly generation?: number;
}

export interface Clusters {
  list(options?: CallOptions): Promise<Answer<Cluster[]>>;
  get(name: string, options?: CallOptions): Promise<Answer<Cluster>>;
  create(body: ClusterCreate, options?: CallOptions): Promise<Answer<Cluster>>;
  /** Reads, applies `change` and writes; again from the start when somebody else was faster. No difference, no write. */
  update(name: string, change: (current: Cluster) => ClusterPatch | undefined, options?: UpdateOptions): Promise<Answer<Cluster>>;
  /** Writes `patch` as it is. Without `ifMatch` it overwrites whatever is there, and is not repeated when its fate is unknown. */
  patch(name: string, patch: ClusterPatch, options?: GuardOptions): Promise<Answer<Cluster>>;
  delete(name: string, options?: GuardOptions): Promise<Answer<undefined>>;
  /** Where the cluster answers and the CA to trust: what a kubeconfig is made of. 503 until it was ready once. */
  connection(name: string, options?: CallOptions): Promise<Answer<ConnectionDetails>>;
  waitFor(name: string, condition: 'Running', options?: ClusterWaitOptions): Promise<Answer<Cluster>>;
  waitFor(name: string, condition: ClusterCondition, options?: ClusterWaitOptions): Promise<Answer<Cluster | undefined>>;
}

function isReached(condition: ClusterCondition, generation: number, cluster: Cluster | undefined): boolean {
  if (typeof condition === 'function') return condition(cluster);
  if (condition === 'deleted') return cluster === undefined;
  return cluster?.status.phase === 'Running' && (generation === 0 || cluster.status.observedGeneration >= generation);
}

/** The clusters of one tenant. */
export function createClusters(engine: Engine, tenant: string): Clusters {
  const collection = ['tenants', tenant, 'clusters'] as const;
  /** Clusters that this client created: a 404 on one of them may be a create that has not finished. */
  const created = new Set<string>();

  async function ask<T>(call: ApiCall, decode: Decode<T>): Promise<Answer<T>> {
    return toAnswer(call, await runCall(engine, call), decode);
  }
  const within = (scope: CallScope): CallOptions => ({ signal: scope.signal, timeoutMs: scope.leftMs() });

  const clusters = {
    list(options: CallOptions = {}) {
      return ask({ route: 'clusters.list', method: 'GET', path: apiPath(...collection), options }, decodeItems<Cluster>);
    },
    get(name: string, options: CallOptions = {}) {
      return ask({ route: 'clusters.get', method: 'GET', path: apiPath(...collection, name), options }, decodeObject<Cluster>);
    },
    async create(body: ClusterCreate, options: CallOptions = {}) {
      const call = { route: 'clusters.create', method: 'POST', path: apiPath(...collection), body, options } as const;
      const answer = await ask(call, decodeObject<Cluster>);
      created.add(body.name);
      return answer;
    },
    update(name: string, change: (current: Cluster) => ClusterPatch | undefined, options?: UpdateOptions) {
      const target = {
        path: apiPath(...collection, name),
        read: (scope: CallScope) => clusters.get(name, within(scope)),
        write: (patch: ClusterPatch, ifMatch: string | undefined, scope: CallScope) =>
          clusters.patch(name, patch, { ...within(scope), ...(ifMatch === undefined ? {} : { ifMatch }) }),
      };
      return readModifyWrite(engine, target, change, options);
    },
    patch(name: string, body: ClusterPatch, { ifMatch, ...options }: GuardOptions = {}) {
      const guard = ifMatch === undefined ? {} : { ifMatch };
      const path = apiPath(...collection, name);
      return ask({ route: 'clusters.update', method: 'PATCH', path, body, ...guard, options }, decodeObject<Cluster>);
    },
    async delete(name: string, { ifMatch, ...options }: GuardOptions = {}) {
      const guard = ifMatch === undefined ? {} : { ifMatch };
      const path = apiPath(...collection, name);
      return toEmptyAnswer(await runCall(engine, { route: 'clusters.delete', method: 'DELETE', path, ...guard, options }));
    },
    connection(name: string, options: CallOptions = {}) {
      const path = apiPath(...collection, name, 'kubeconfig');
      return ask({ route: 'clusters.kubeconfig', method: 'GET', path, options }, decodeObject<ConnectionDetails>);
    },
    waitFor(name: string, condition: ClusterCondition, options: ClusterWaitOptions = {}) {
      const goal = typeof condition === 'function' ? 'in the state that was waited for' : condition;
      return waitUntil<Cluster>(
        engine,
        {
          description: `Cluster "${name}" was not ${goal}`,
          look: (within) => clusters.get(name, within),
          isReached: (current) => isReached(condition, options.generation ?? 0, current),
          mayBeAbsent: () => typeof condition === 'function' || created.has(name),
        },
        options,
      );
    },
  };
  return clusters as Clusters;
}
