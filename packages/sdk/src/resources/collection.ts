import type { ApiCall, CallOptions, ChangeOptions, Result, WriteOptions } from '../call.ts';
import { createAndConfirm } from '../create/confirm-existing.ts';
import type { Engine } from '../engine.ts';
import { NotFoundError } from '../errors/by-status.ts';
import { type Operation, readOnce } from '../operation.ts';
import type { Decode } from '../to-result.ts';
import { patchOnce } from '../update/patch-once.ts';
import { readModifyWrite, type UpdateOptions } from '../update/read-modify-write.ts';
import { deleteOnce } from './delete-once.ts';
import { createListing, type Listing } from './list-pages.ts';
import { apiPath } from './paths.ts';

/** Which items of a collection are listed. */
export interface NameFilter {
  /** Those whose name begins like this. */
  readonly namePrefix?: string | undefined;
  /** Those in this phase. */
  readonly phase?: string | undefined;
}

/** Named resources of a tenant, each with a version of its own, listed by name. */
export interface Collection<T extends object, Create extends object, Patch extends object, Filter extends object = NameFilter>
  extends Listing<T, Filter> {
  /** One of them, with its ETag. */
  get(name: string, options?: CallOptions): Promise<Result<T>>;
  /** Creates one. When the answer gets lost, a read finds out whether it was created, and the result says `recovered`. */
  create(body: Create, options?: ChangeOptions): Promise<Result<T>>;
  /**
   * Reads, applies `change` and writes with `If-Match`; begins again from the read when another writer was faster. Without a difference
   * nothing is written.
   *
   * @example
   * await client.clusters.update('production', ({ version }) => (version === '1.32' ? undefined : { version: '1.32' }));
   */
  update(name: string, change: (current: T) => Patch | undefined, options?: UpdateOptions): Promise<Result<T>>;
  /**
   * Writes `patch` as it is. Without `ifMatch` it overwrites what is there, and is not repeated when its outcome is unknown.
   *
   * @example
   * const { etag } = await client.clusters.get('production');
   * if (etag) await client.clusters.patch('production', { version: '1.32' }, { ifMatch: etag });
   */
  patch(name: string, patch: Patch, options?: WriteOptions): Promise<Result<T>>;
  /** Begins its deletion. */
  delete(name: string, options?: WriteOptions): Promise<Result<undefined>>;
}

interface Kind<T> {
  /** The resource in the ids of its routes and in its path. */
  readonly kind: 'clusters' | 'secrets' | 'webhooks';
  readonly tenant: string;
  readonly decode: Decode<T>;
  readonly decodeList: Decode<T[]>;
  /** Whether its deletion has begun. */
  isDeleting(resource: T): boolean;
  /** Where to keep the names that were created and not read since: a 404 on one of them may be a create that has not finished. */
  readonly newNames?: Set<string>;
}

/** More names than this are not kept; then a wait for an older one no longer tolerates its absence. */
const MOST_NEW_NAMES = 10_000;

/** The methods of one kind of named resource. */
export function createCollection<
  T extends { readonly createdAt: string },
  Create extends { readonly name: string },
  Patch extends object,
  Filter extends object = NameFilter,
>(engine: Engine, { kind, tenant, decode, decodeList, isDeleting, newNames }: Kind<T>): Collection<T, Create, Patch, Filter> {
  const path = (...name: string[]) => apiPath('tenants', tenant, kind, ...name);
  const getting = (name: string): ApiCall => ({ route: `${kind}.get`, method: 'GET', path: path(name) });
  const target = (name: string) => ({ path: path(name), writeRoute: `${kind}.update`, reading: getting(name), decode });
  const observed = async <R>(name: string, work: Promise<R>) => {
    const result = await work;
    newNames?.delete(name);
    return result;
  };
  return {
    ...createListing<T, Filter>(engine, { route: `${kind}.list`, method: 'GET', path: path() }, decodeList),
    async get(name, options) {
      return observed(name, readOnce(engine, getting(name), decode, options));
    },
    async create(body, options) {
      const create: ApiCall = { route: `${kind}.create`, method: 'POST', path: path(), body };
      const created = await createAndConfirm(engine, { create, reading: getting(body.name), decode }, options);
      if (options?.validateOnly) return created;
      if (newNames && newNames.size >= MOST_NEW_NAMES) newNames.clear();
      newNames?.add(body.name);
      return created;
    },
    async update(name, change, options) {
      return observed(name, readModifyWrite(engine, target(name), change, options));
    },
    async patch(name, body, options) {
      const reading = getting(name);
      return observed(name, patchOnce(engine, { ...target(name), body, find: (operation) => operation.request(reading, decode) }, options));
    },
    async delete(name, options) {
      const call: ApiCall = { route: `${kind}.delete`, method: 'DELETE', path: path(name) };
      const hasBegun = async (operation: Operation) => {
        try {
          return isDeleting((await operation.request(getting(name), decode)).value);
        } catch (error) {
          if (error instanceof NotFoundError) return true;
          throw error;
        }
      };
      return observed(name, deleteOnce(engine, call, options, hasBegun));
    },
  };
}
