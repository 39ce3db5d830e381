import { Session, SignIn } from '../resources/session.ts';
import type { Route } from './route.ts';

/** The routes about the caller, and about how to sign in. */
export const SESSION_ROUTES = [
  {
    id: 'session.get',
    method: 'GET',
    path: '/api/v1/tenants/{tenant}/session',
    summary: 'Read who the caller is to the tenant: the role, and the key or the person.',
    access: 'readonly',
    verb: 'none',
    success: { status: 200, body: Session, etag: false },
    refusals: [],
  },
  {
    id: 'session.sign-in',
    method: 'GET',
    path: '/api/v1/sign-in',
    summary: 'Read where people sign in.',
    access: 'public',
    success: { status: 200, body: SignIn, etag: false },
    refusals: [],
  },
] as const satisfies readonly Route[];
