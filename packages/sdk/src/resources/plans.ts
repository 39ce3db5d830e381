import type { Plan } from '@openkupe/contract/resources/plan';
import type { Answer, CallOptions } from '../call.ts';
import { carryOut } from '../carry-out.ts';
import type { Engine } from '../engine.ts';
import { decodeItems, decodeObject, toAnswer } from './exchange-to-answer.ts';
import { apiPath } from './paths.ts';

export interface Plans {
  list(options?: CallOptions): Promise<Answer<Plan[]>>;
  get(name: string, options?: CallOptions): Promise<Answer<Plan>>;
}

/** The plans that a tenant can have. Public: no credential is sent. */
export function createPlans(engine: Engine): Plans {
  return {
    async list(options = {}) {
      const call = { route: 'plans.list', method: 'GET', path: apiPath('plans'), isPublic: true, options } as const;
      return toAnswer(call, await carryOut(engine, call), decodeItems<Plan>);
    },
    async get(name, options = {}) {
      const call = { route: 'plans.get', method: 'GET', path: apiPath('plans', name), isPublic: true, options } as const;
      return toAnswer(call, await carryOut(engine, call), decodeObject<Plan>);
    },
  };
}
