import type { Tenant, TenantDelete, TenantPatch } from '@openkupe/contract/resources/tenant';
import type { CallOptions, Result, WriteOptions } from '../call.ts';
import type { Engine } from '../engine.ts';
import { readOnce } from '../operation.ts';
import { patchOnce } from '../update/patch-once.ts';
import { readModifyWrite, type UpdateOptions } from '../update/read-modify-write.ts';
import { decoderOf } from './decode-resource.ts';
import { deleteOnce } from './delete-once.ts';
import { apiPath } from './paths.ts';

/** The tenant itself. */
export interface TenantResource {
  get(options?: CallOptions): Promise<Result<Tenant>>;
  patch(patch: TenantPatch, options?: WriteOptions): Promise<Result<Tenant>>;
  /** Reads, applies `change` and writes with `If-Match`; begins again when another writer was faster. Without a difference nothing is written. */
  update(change: (current: Tenant) => TenantPatch | undefined, options?: UpdateOptions): Promise<Result<Tenant>>;
  /** Deletes the tenant with everything in it: for its owner, signed in by OIDC. It is gone when reading it is refused. */
  delete(confirmation: TenantDelete, options?: WriteOptions): Promise<Result<undefined>>;
}

/** The methods for the tenant that the client was made for. */
export function createTenantResource(engine: Engine, tenant: string): TenantResource {
  const path = apiPath('tenants', tenant);
  const reading = { route: 'tenants.get', method: 'GET', path } as const;
  const { decode } = decoderOf<Tenant>('tenant');
  const target = { path, writeRoute: 'tenants.update', reading, decode };
  return {
    get: (options) => readOnce(engine, reading, decode, options),
    patch: (body, options) => patchOnce(engine, { ...target, body, find: (operation) => operation.request(reading, decode) }, options),
    update: (change, options) => readModifyWrite(engine, target, change, options),
    delete: (body, options) => deleteOnce(engine, { route: 'tenants.delete', method: 'DELETE', path, body }, options),
  };
}
