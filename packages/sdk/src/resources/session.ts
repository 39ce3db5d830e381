import type { Session, SignIn } from '@openkupe/contract/resources/session';
import type { CallOptions, Result } from '../call.ts';
import type { Engine } from '../engine.ts';
import { readOnce } from '../operation.ts';
import { decodeObject } from '../to-result.ts';
import { apiPath } from './paths.ts';

/** Who calls, and how people sign in. */
export interface Sessions {
  /** The identity and the role of the caller in the tenant. */
  get(options?: CallOptions): Promise<Result<Session>>;
  /** The OpenID issuer and the client to sign in with. Public: no credential is sent. */
  signIn(options?: CallOptions): Promise<Result<SignIn>>;
}

/** The methods about the caller's session. */
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
