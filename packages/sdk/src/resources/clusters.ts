import type { Cluster, ClusterCreate, ClusterPatch, ConnectionDetails } from '@openkupe/contract/resources/cluster';
import type { Answer, CallOptions, GuardOptions } from '../call.ts';
import { createAndConfirm } from '../create/confirm-existing.ts';
import type { Engine } from '../engine.ts';
import { NotFoundError } from '../errors/by-status.ts';
import { patchOnce } from '../update/patch-once.ts';
import { readModifyWrite, type UpdateOptions } from '../update/read-modify-write.ts';
import { ask, askOnce } from './ask.ts';
import { type ClusterCondition, type ClusterWaitOptions, createClusterWaiting } from './cluster-wait.ts';
import { deleteOnce } from './delete-once.ts';
import { decodeItems, decodeObject } from './exchange-to-answer.ts';
import { createNewNames } from './new-names.ts';
import { apiPath } from './paths.ts';

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
  /** Looks until the condition holds. The attempts of the answer are those of the last look. */
  waitFor(name: string, condition: 'Running', options?: ClusterWaitOptions): Promise<Answer<Cluster>>;
  waitFor(name: string, condition: ClusterCondition, options?: ClusterWaitOptions): Promise<Answer<Cluster | undefined>>;
}

/** The clusters of one tenant. */
export function createClusters(engine: Engine, tenant: string): Clusters {
  const newNames = createNewNames();
  const path = (...name: string[]) => apiPath('tenants', tenant, 'clusters', ...name);
  const getting = (name: string) => ({ route: 'clusters.get', method: 'GET', path: path(name) }) as const;
  const one = (name: string) => ({
    path: path(name),
    readRoute: 'clusters.get',
    writeRoute: 'clusters.update',
    decode: decodeObject<Cluster>,
  });
  const clusters: Omit<Clusters, 'waitFor'> = {
    async list(options) {
      return askOnce(engine, { route: 'clusters.list', method: 'GET', path: path() }, decodeItems<Cluster>, options);
    },
    async get(name, options) {
      return newNames.seen(name, askOnce(engine, getting(name), decodeObject<Cluster>, options));
    },
    async create(body, options) {
      const create = { route: 'clusters.create', method: 'POST', path: path(), body } as const;
      const made = await createAndConfirm(engine, { create, look: getting(body.name), decode: decodeObject<Cluster> }, options);
      newNames.add(body.name);
      return made;
    },
    async update(name, change, options) {
      return newNames.seen(name, readModifyWrite(engine, one(name), change, options));
    },
    async patch(name, body, options) {
      return newNames.seen(name, patchOnce(engine, one(name), body, options));
    },
    async delete(name, options) {
      const step = { route: 'clusters.delete', method: 'DELETE', path: path(name) } as const;
      const deleted = deleteOnce(engine, step, options, async (operation) => {
        try {
          return (await ask(operation, getting(name), decodeObject<Cluster>)).value.status.phase === 'Terminating';
        } catch (error) {
          if (error instanceof NotFoundError) return true;
          throw error;
        }
      });
      return newNames.seen(name, deleted);
    },
    async connection(name, options) {
      const step = { route: 'clusters.kubeconfig', method: 'GET', path: path(name, 'kubeconfig') } as const;
      return askOnce(engine, step, decodeObject<ConnectionDetails>, options);
    },
  };
  const waitFor = createClusterWaiting(engine, { path, newNames }) as Clusters['waitFor'];
  return { ...clusters, waitFor };
}
