import type { Tenant, TenantPatch } from '@openkupe/contract/resources/tenant';
import type { Answer, CallOptions } from '../call.ts';
import type { CallScope } from '../call-scope.ts';
import type { Engine } from '../engine.ts';
import { runCall } from '../retry/loop.ts';
import { readModifyWrite, type UpdateOptions } from '../update/read-modify-write.ts';
import type { GuardOptions } from './clusters.ts';
import { decodeObject, toAnswer } from './exchange-to-answer.ts';
import { apiPath } from './paths.ts';

export interface TenantResource {
  get(options?: CallOptions): Promise<Answer<Tenant>>;
  patch(patch: TenantPatch, options?: GuardOptions): Promise<Answer<Tenant>>;
  /** Reads, applies `change` and writes; again from the start when somebody else was faster. No difference, no write. */
  update(change: (current: Tenant) => TenantPatch | undefined, options?: UpdateOptions): Promise<Answer<Tenant>>;
}

/** The tenant that the client was made for. */
export function createTenantResource(engine: Engine, tenant: string): TenantResource {
  const path = apiPath('tenants', tenant);
  const within = (scope: CallScope): CallOptions => ({ signal: scope.signal, timeoutMs: scope.leftMs() });
  const resource: TenantResource = {
    async get(options = {}) {
      const call = { route: 'tenants.get', method: 'GET', path, options } as const;
      return toAnswer(call, await runCall(engine, call), decodeObject<Tenant>);
    },
    async patch(body, { ifMatch, ...options } = {}) {
      const guard = ifMatch === undefined ? {} : { ifMatch };
      const call = { route: 'tenants.update', method: 'PATCH', path, body, ...guard, options } as const;
      return toAnswer(call, await runCall(engine, call), decodeObject<Tenant>);
    },
    update(change, options) {
      const target = {
        path,
        read: (scope: CallScope) => resource.get(within(scope)),
        write: (patch: TenantPatch, ifMatch: string | undefined, scope: CallScope) =>
          resource.patch(patch, { ...within(scope), ...(ifMatch === undefined ? {} : { ifMatch }) }),
      };
      return readModifyWrite(engine, target, change, options);
    },
  };
  return resource;
}
