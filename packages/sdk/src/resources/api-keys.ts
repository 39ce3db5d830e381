import type { ApiKey, ApiKeyCreate, ApiKeyWithSecret } from '@openkupe/contract/resources/api-key';
import type { ChangeOptions, Result } from '../call.ts';
import { createWithKey } from '../create/create-with-key.ts';
import type { Engine } from '../engine.ts';
import { decodeItems, decodeObject } from '../to-result.ts';
import { deleteOnce } from './delete-once.ts';
import { createListing, type Listing } from './list-pages.ts';
import { apiPath } from './paths.ts';

/** The API keys of one tenant. */
export interface ApiKeys extends Listing<ApiKey> {
  /** The key itself is in this answer and in no other. */
  create(body: ApiKeyCreate, options?: ChangeOptions): Promise<Result<ApiKeyWithSecret>>;
  delete(id: string, options?: ChangeOptions): Promise<Result<undefined>>;
}

/** The methods for the API keys of one tenant. */
export function createApiKeys(engine: Engine, tenant: string): ApiKeys {
  const path = (...id: string[]) => apiPath('tenants', tenant, 'apikeys', ...id);
  const listing = { route: 'api-keys.list', method: 'GET', path: path() } as const;
  return {
    ...createListing(engine, listing, decodeItems<ApiKey>),
    async create(body, options) {
      const create = { route: 'api-keys.create', method: 'POST', path: path(), body } as const;
      return createWithKey(engine, { create, reading: listing, decode: decodeObject<ApiKeyWithSecret> }, options);
    },
    async delete(id, options) {
      return deleteOnce(engine, { route: 'api-keys.delete', method: 'DELETE', path: path(id) }, options);
    },
  };
}
