import type { ApiKey, ApiKeyCreate, ApiKeyWithSecret } from '@openkupe/contract/resources/api-key';
import type { Answer, CallOptions } from '../call.ts';
import { createWithKey } from '../create/create-with-key.ts';
import type { Engine } from '../engine.ts';
import { askOnce } from './ask.ts';
import { deleteOnce } from './delete-once.ts';
import { decodeItems, decodeObject } from './exchange-to-answer.ts';
import { apiPath } from './paths.ts';

export interface ApiKeys {
  list(options?: CallOptions): Promise<Answer<ApiKey[]>>;
  /** The key itself is in this answer and in no other. */
  create(body: ApiKeyCreate, options?: CallOptions): Promise<Answer<ApiKeyWithSecret>>;
  delete(id: string, options?: CallOptions): Promise<Answer<undefined>>;
}

/** The API keys of one tenant. */
export function createApiKeys(engine: Engine, tenant: string): ApiKeys {
  const path = (...id: string[]) => apiPath('tenants', tenant, 'apikeys', ...id);
  const listing = { route: 'api-keys.list', method: 'GET', path: path() } as const;
  return {
    async list(options) {
      return askOnce(engine, listing, decodeItems<ApiKey>, options);
    },
    async create(body, options) {
      const create = { route: 'api-keys.create', method: 'POST', path: path(), body } as const;
      return createWithKey(engine, { create, look: listing, decode: decodeObject<ApiKeyWithSecret> }, options);
    },
    async delete(id, options) {
      return deleteOnce(engine, { route: 'api-keys.delete', method: 'DELETE', path: path(id) }, options);
    },
  };
}
