import type { Plan } from '@openkupe/contract/resources/plan';
import type { CallOptions, Result } from '../call.ts';
import type { Engine } from '../engine.ts';
import { readOnce } from '../operation.ts';
import { decodeItems, decodeObject } from '../to-result.ts';
import { apiPath } from './paths.ts';

/** The plans that a tenant can have, for reading. */
export interface Plans {
  list(options?: CallOptions): Promise<Result<Plan[]>>;
  get(name: string, options?: CallOptions): Promise<Result<Plan>>;
}

/** The methods for plans. Public: no credential is sent. */
export function createPlans(engine: Engine): Plans {
  return {
    async list(options) {
      return readOnce(engine, { route: 'plans.list', method: 'GET', path: apiPath('plans'), isPublic: true }, decodeItems<Plan>, options);
    },
    async get(name, options) {
      const step = { route: 'plans.get', method: 'GET', path: apiPath('plans', name), isPublic: true } as const;
      return readOnce(engine, step, decodeObject<Plan>, options);
    },
  };
}
