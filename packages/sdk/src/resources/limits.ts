import type { Limit } from '@openkupe/contract/resources/limits';
import type { CallOptions, Result } from '../call.ts';
import type { Engine } from '../engine.ts';
import { readOnce } from '../operation.ts';
import { decodeItems } from '../to-result.ts';
import { apiPath } from './paths.ts';

/** The rate limits of the caller. */
export interface Limits {
  /** Every limit that applies to the caller and what is left of it. */
  get(options?: CallOptions): Promise<Result<Limit[]>>;
}

/** The method that reads the limits of the caller in one tenant. */
export function createLimits(engine: Engine, tenant: string): Limits {
  const step = { route: 'limits.get', method: 'GET', path: apiPath('tenants', tenant, 'limits') } as const;
  return { get: (options) => readOnce(engine, step, decodeItems<Limit>, options) };
}
