import type { Tenant, TenantPatch } from '@openkupe/contract/resources/tenant';
import type { Answer, CallOptions } from '../call.ts';
import type { CallScope } from '../call-scope.ts';
import { carryOut } from '../carry-out.ts';
import type { Engine } from '../engine.ts';
import { patchOnce } from '../update/patch-once.ts';
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
  const read = async (options: CallOptions, isStep = false) => {
    const call = { route: 'tenants.get', method: 'GET', path, options, isStep } as const;
    return toAnswer(call, await carryOut(engine, call), decodeObject<Tenant>);
  };
  const write = async (body: TenantPatch, ifMatch: string | undefined, options: CallOptions, isStep = false) => {
    const guard = ifMatch === undefined ? {} : { ifMatch };
    const call = { route: 'tenants.update', method: 'PATCH', path, body, ...guard, options, isStep } as const;
    return toAnswer(call, await carryOut(engine, call), decodeObject<Tenant>);
  };
  const resource: TenantResource = {
    get: (options = {}) => read(options),
    patch(body, { ifMatch, ...options } = {}) {
      const again = () => read(options.signal ? { signal: options.signal } : {});
      return patchOnce(engine, { path, body, read: again, write: () => write(body, ifMatch, options) });
    },
    update(change, options) {
      const target = {
        path,
        read: (scope: CallScope) => read(within(scope), true),
        write: (patch: TenantPatch, ifMatch: string | undefined, scope: CallScope) => write(patch, ifMatch, within(scope), true),
      };
      return readModifyWrite(engine, target, change, options);
    },
  };
  return resource;
}
