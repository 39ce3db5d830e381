import type { Tenant, TenantPatch } from '@openkupe/contract/resources/tenant';
import type { Answer, CallOptions, GuardOptions } from '../call.ts';
import type { Engine } from '../engine.ts';
import { patchOnce } from '../update/patch-once.ts';
import { readModifyWrite, type UpdateOptions } from '../update/read-modify-write.ts';
import { read } from '../update/updatable.ts';
import { askOnce } from './ask.ts';
import { decoderOf } from './decode-resource.ts';
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
  const reading = { route: 'tenants.get', method: 'GET', path } as const;
  const { decode } = decoderOf<Tenant>('tenant');
  const target = { path, writeRoute: 'tenants.update', reading, decode };
  return {
    get: (options) => askOnce(engine, reading, decode, options),
    patch: (body, options) => patchOnce(engine, { ...target, body, look: (operation) => read(operation, target) }, options),
    update: (change, options) => readModifyWrite(engine, target, change, options),
  };
}
