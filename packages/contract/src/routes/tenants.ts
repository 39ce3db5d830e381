import { Tenant, TenantDelete, TenantPatch } from '../resources/tenant.ts';
import type { Route } from './route.ts';

const ONE = '/api/v1/tenants/{tenant}';

/** The routes of the tenant itself. Tenants are created on the operator socket. */
export const TENANT_ROUTES = [
  {
    id: 'tenants.get',
    method: 'GET',
    path: ONE,
    summary: 'Read a tenant and its ETag.',
    access: 'readonly',
    success: { status: 200, body: Tenant, etag: true },
    refusals: [404],
  },
  {
    id: 'tenants.update',
    method: 'PATCH',
    path: ONE,
    summary: 'Change the plan or the two enforcement switches.',
    access: 'admin',
    guardedBy: 'tenant',
    body: TenantPatch,
    example: { enforceLogLimit: true },
    success: { status: 200, body: Tenant, etag: true },
    refusals: [404, 409, 412],
  },
  {
    id: 'tenants.delete',
    method: 'DELETE',
    path: ONE,
    summary: 'Delete the tenant with everything in it. For its owner, signed in by OIDC; it terminates after the answer.',
    access: 'admin',
    guardedBy: 'tenant',
    body: TenantDelete,
    example: { confirm: 'demo', cascade: true },
    success: { status: 202, body: Tenant, etag: false },
    refusals: [404, 409, 412],
  },
] as const satisfies readonly Route[];
