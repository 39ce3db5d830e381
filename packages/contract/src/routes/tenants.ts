import { Tenant, TenantPatch } from '../resources/tenant.ts';
import type { Route } from './route.ts';

const ONE = '/api/v1/tenants/{tenant}';

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
] as const satisfies readonly Route[];
