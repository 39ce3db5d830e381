import type { ApiKey, ApiKeyCreate, ApiKeyWithSecret } from '@openkupe/contract/resources/api-key';
import type { Answer, CallOptions } from '../call.ts';
import { carryOut } from '../carry-out.ts';
import type { Engine } from '../engine.ts';
import { deleteOnce } from './delete-once.ts';
import { decodeItems, decodeObject, toAnswer } from './exchange-to-answer.ts';
import { apiPath } from './paths.ts';

export interface ApiKeys {
  list(options?: CallOptions): Promise<Answer<ApiKey[]>>;
  /** The key itself is in this answer and in no other. */
  create(body: ApiKeyCreate, options?: CallOptions): Promise<Answer<ApiKeyWithSecret>>;
  delete(id: string, options?: CallOptions): Promise<Answer<undefined>>;
}

/** The API keys of one tenant. */
export function createApiKeys(engine: Engine, tenant: string): ApiKeys {
  const collection = ['tenants', tenant, 'apikeys'] as const;
  return {
    async list(options = {}) {
      const call = { route: 'api-keys.list', method: 'GET', path: apiPath(...collection), options } as const;
      return toAnswer(call, await carryOut(engine, call), decodeItems<ApiKey>);
    },
    async create(body, options = {}) {
      const call = { route: 'api-keys.create', method: 'POST', path: apiPath(...collection), body, options } as const;
      return toAnswer(call, await carryOut(engine, call), decodeObject<ApiKeyWithSecret>);
    },
    delete(id, options = {}) {
      const call = { route: 'api-keys.delete', method: 'DELETE', path: apiPath(...collection, id), options } as const;
      return deleteOnce(engine, call, async () => false);
    },
  };
}
