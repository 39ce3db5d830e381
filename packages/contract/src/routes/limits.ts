import { LimitList } from '../resources/limits.ts';
import type { Route } from './route.ts';

/** The route that reads the limits of its caller. */
export const LIMIT_ROUTES = [
  {
    id: 'limits.get',
    method: 'GET',
    path: '/api/v1/tenants/{tenant}/limits',
    summary:
      'Read the limits that apply to the caller and what is left of each. A read that is answered is not counted against the address; an address over its limit gets 429 here too.',
    access: 'readonly',
    verb: 'none',
    success: { status: 200, body: LimitList, etag: false },
    refusals: [],
  },
] as const satisfies readonly Route[];
