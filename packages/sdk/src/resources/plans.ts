import type { Plan } from '@openkupe/contract/resources/plan';
import type { Answer, CallOptions } from '../call.ts';
import type { Engine } from '../engine.ts';
import { askOnce } from './ask.ts';
import { decodeItems, decodeObject } from './exchange-to-answer.ts';
import { apiPath } from './paths.ts';

export interface Plans {
  list(options?: CallOptions): Promise<Answer<Plan[]>>;
  get(name: string, options?: CallOptions): Promise<Answer<Plan>>;
}

/** The plans that a tenant can have. Public: no credential is sent. */
export function createPlans(engine: Engine): Plans {
  return {
    async list(options) {
      return askOnce(engine, { route: 'plans.list', method: 'GET', path: apiPath('plans'), isPublic: true }, decodeItems<Plan>, options);
    },
    async get(name, options) {
      const step = { route: 'plans.get', method: 'GET', path: apiPath('plans', name), isPublic: true } as const;
      return askOnce(engine, step, decodeObject<Plan>, options);
    },
  };
}
