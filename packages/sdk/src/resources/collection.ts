import type { Answer, CallOptions, GuardOptions } from '../call.ts';
import { createAndConfirm } from '../create/confirm-existing.ts';
import type { Engine } from '../engine.ts';
import { NotFoundError } from '../errors/by-status.ts';
import { patchOnce } from '../update/patch-once.ts';
import { readModifyWrite, type UpdateOptions } from '../update/read-modify-write.ts';
import { read } from '../update/updatable.ts';
import { ask, askOnce } from './ask.ts';
import { deleteOnce } from './delete-once.ts';
import type { Decode } from './exchange-to-answer.ts';
import { apiPath } from './paths.ts';

/** Named resources of a tenant, each with a version of its own. */
export interface Collection<T extends object, Create extends object, Patch extends object> {
  list(options?: CallOptions): Promise<Answer<T[]>>;
  get(name: string, options?: CallOptions): Promise<Answer<T>>;
  create(body: Create, options?: CallOptions): Promise<Answer<T>>;
  /**
   * Reads, applies `change` and writes; again from the start when somebody else was faster. No difference, no write.
   *
   * @example
   * await client.clusters.update('production', ({ version }) => (version === '1.32' ? undefined : { version: '1.32' }));
   */
  update(name: string, change: (current: T) => Patch | undefined, options?: UpdateOptions): Promise<Answer<T>>;
  /**
   * Writes `patch` as it is. Without `ifMatch` it overwrites whatever is there, and is not repeated when its fate is unknown.
   *
   * @example
   * const { etag } = await client.clusters.get('production');
   * if (etag) await client.clusters.patch('production', { version: '1.32' }, { ifMatch: etag });
   */
  patch(name: string, patch: Patch, options?: GuardOptions): Promise<Answer<T>>;
  delete(name: string, options?: GuardOptions): Promise<Answer<undefined>>;
}

interface Kind<T> {
  /** The resource in the ids of its routes and in its path. */
  readonly kind: 'clusters' | 'secrets';
  readonly tenant: string;
  readonly decode: Decode<T>;
  readonly decodeList: Decode<T[]>;
  /** Whether its deletion has begun. */
  isDeleting(resource: T): boolean;
}

export function createCollection<T extends { readonly createdAt: string }, Create extends { readonly name: string }, Patch extends object>(
  engine: Engine,
  { kind, tenant, decode, decodeList, isDeleting }: Kind<T>,
): Collection<T, Create, Patch> {
  const path = (...name: string[]) => apiPath('tenants', tenant, kind, ...name);
  const getting = (name: string) => ({ route: `${kind}.get`, method: 'GET', path: path(name) }) as const;
  const one = (name: string) => ({ path: path(name), writeRoute: `${kind}.update`, reading: getting(name), decode });
  return {
    async list(options) {
      return askOnce(engine, { route: `${kind}.list`, method: 'GET', path: path() }, decodeList, options);
    },
    async get(name, options) {
      return askOnce(engine, getting(name), decode, options);
    },
    async create(body, options) {
      const create = { route: `${kind}.create`, method: 'POST', path: path(), body } as const;
      return createAndConfirm(engine, { create, look: getting(body.name), decode }, options);
    },
    async update(name, change, options) {
      return readModifyWrite(engine, one(name), change, options);
    },
    async patch(name, body, options) {
      return patchOnce(engine, { ...one(name), body, look: (operation) => read(operation, one(name)) }, options);
    },
    async delete(name, options) {
      const step = { route: `${kind}.delete`, method: 'DELETE', path: path(name) } as const;
      return deleteOnce(engine, step, options, async (operation) => {
        try {
          return isDeleting((await ask(operation, getting(name), decode)).value);
        } catch (error) {
          if (error instanceof NotFoundError) return true;
          throw error;
        }
      });
    },
  };
}
