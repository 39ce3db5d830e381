import { MemberAdd, MemberList, MemberPatch } from '../resources/member.ts';
import { Member } from '../resources/tenant.ts';
import { PAGE_QUERY } from './query.ts';
import type { Route } from './route.ts';

const COLLECTION = '/api/v1/tenants/{tenant}/members';
const ONE = `${COLLECTION}/{email}`;

/** Members are part of their tenant: its ETag guards every change of them, and every change moves it. */
export const MEMBER_ROUTES = [
  {
    id: 'members.list',
    method: 'GET',
    path: COLLECTION,
    summary: 'List the members of a tenant, by e-mail address.',
    access: 'readonly',
    query: PAGE_QUERY,
    success: { status: 200, body: MemberList, etag: true },
    refusals: [404],
  },
  {
    id: 'members.create',
    method: 'POST',
    path: COLLECTION,
    summary: 'Add a member. If-Match takes the ETag of the tenant.',
    access: 'admin',
    guardedBy: 'tenant',
    body: MemberAdd,
    example: { email: 'developer@example.com', role: 'readonly' },
    success: { status: 201, body: Member, etag: false },
    refusals: [404, 409, 412],
  },
  {
    id: 'members.update',
    method: 'PATCH',
    path: ONE,
    summary: 'Give a member another role. If-Match takes the ETag of the tenant.',
    access: 'admin',
    guardedBy: 'tenant',
    body: MemberPatch,
    example: { role: 'admin' },
    success: { status: 200, body: Member, etag: false },
    refusals: [404, 409, 412],
  },
  {
    id: 'members.delete',
    method: 'DELETE',
    path: ONE,
    summary: 'Remove a member at once. If-Match takes the ETag of the tenant.',
    access: 'admin',
    guardedBy: 'tenant',
    success: { status: 204, etag: false },
    refusals: [404, 409, 412],
  },
] as const satisfies readonly Route[];
