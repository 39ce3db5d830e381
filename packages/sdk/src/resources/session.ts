import type { Session, SignIn } from '@openkupe/contract/resources/session';
import type { CallOptions, Result } from '../call.ts';
import type { Engine } from '../engine.ts';
import { readOnce } from '../operation.ts';
import { decodeObject } from '../to-result.ts';
import { apiPath } from './paths.ts';

export interface Sessions {
  /** Who the caller is to the tenant, and in which role. */
  get(options?: CallOptions): Promise<Result<Session>>;
  /** Where people sign in. Public: no credential is sent. */
  signIn(options?: CallOptions): Promise<Result<SignIn>>;
}

/** Who calls, and how a person becomes somebody who may. */
export function createSessions(engine: Engine, tenant: string): Sessions {
  return {
    async get(options) {
      const step = { route: 'session.get', method: 'GET', path: apiPath('tenants', tenant, 'session') } as const;
      return readOnce(engine, step, decodeObject<Session>, options);
    },
    async signIn(options) {
      const step = { route: 'session.sign-in', method: 'GET', path: apiPath('sign-in'), isPublic: true } as const;
      return readOnce(engine, step, decodeObject<SignIn>, options);
    },
  };
}
