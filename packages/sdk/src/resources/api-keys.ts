import type { ApiKey, ApiKeyCreate, ApiKeyPatch, ApiKeyRotate, ApiKeyWithSecret } from '@openkupe/contract/resources/api-key';
import type { ApiCall, CallOptions, ChangeOptions, Result, WriteOptions } from '../call.ts';
import { createWithKey } from '../create/create-with-key.ts';
import type { Engine } from '../engine.ts';
import { type Operation, readOnce } from '../operation.ts';
import { decodeItems, decodeObject } from '../to-result.ts';
import { patchOnce } from '../update/patch-once.ts';
import { deleteOnce } from './delete-once.ts';
import { createListing, type Listing } from './list-pages.ts';
import { apiPath } from './paths.ts';

/** The API keys of one tenant. */
export interface ApiKeys extends Listing<ApiKey> {
  /** The key itself is in this answer and in no other. */
  create(body: ApiKeyCreate, options?: ChangeOptions): Promise<Result<ApiKeyWithSecret>>;
  /** One of them, with its ETag. */
  get(id: string, options?: CallOptions): Promise<Result<ApiKey>>;
  /** Changes what a key may do, and from where; `null` removes a limit. What is absent stays as it is. */
  patch(id: string, patch: ApiKeyPatch, options?: WriteOptions): Promise<Result<ApiKey>>;
  /** Makes a key that takes the place of another one, which works until the overlap ends. The key itself is in this answer and in no other. */
  rotate(id: string, body?: ApiKeyRotate, options?: ChangeOptions): Promise<Result<ApiKeyWithSecret>>;
  delete(id: string, options?: ChangeOptions): Promise<Result<undefined>>;
}

/** The methods for the API keys of one tenant. */
export function createApiKeys(engine: Engine, tenant: string): ApiKeys {
  const path = (...id: string[]) => apiPath('tenants', tenant, 'apikeys', ...id);
  const getting = (id: string): ApiCall => ({ route: 'api-keys.get', method: 'GET', path: path(id) });
  const decode = decodeObject<ApiKey>;
  const listing = { route: 'api-keys.list', method: 'GET', path: path() } as const;
  return {
    ...createListing(engine, listing, decodeItems<ApiKey>),
    async create(body, options) {
      const create = { route: 'api-keys.create', method: 'POST', path: path(), body } as const;
      return createWithKey(engine, { create, reading: listing, decode: decodeObject<ApiKeyWithSecret> }, options);
    },
    async get(id, options) {
      return readOnce(engine, getting(id), decode, options);
    },
    async patch(id, body, options) {
      const find = (operation: Operation) => operation.request(getting(id), decode);
      return patchOnce(engine, { path: path(id), writeRoute: 'api-keys.update', decode, body, find }, options);
    },
    async rotate(id, body = {}, options) {
      const create = { route: 'api-keys.rotate', method: 'POST', path: path(id, 'rotate'), body } as const;
      return createWithKey(engine, { create, reading: listing, decode: decodeObject<ApiKeyWithSecret> }, options);
    },
    async delete(id, options) {
      return deleteOnce(engine, { route: 'api-keys.delete', method: 'DELETE', path: path(id) }, options);
    },
  };
}
