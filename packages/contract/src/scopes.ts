import { isAllowed, type Role, type ScopeVerb } from './permissions.ts';
import type { Method, Route } from './routes/route.ts';

/** The scope that reads the Kubernetes API of clusters, and the answers that say where it is. */
export const CONNECT_SCOPE = 'clusters:connect';

const VERB_OF_METHOD: Readonly<Record<Method, ScopeVerb>> = {
  GET: 'read',
  POST: 'create',
  PUT: 'update',
  PATCH: 'update',
  DELETE: 'delete',
};

/** The scope that a key with scopes needs for a route; `undefined` for the routes that every key may call. */
export function scopeOf({ id, method, access, verb }: Pick<Route, 'id' | 'method' | 'access' | 'verb'>): string | undefined {
  return access === 'public' || verb === 'none' ? undefined : `${id.split('.', 1)[0]}:${verb ?? VERB_OF_METHOD[method]}`;
}

/** Whether `held` includes `asked`. Both are scopes, so either half may be `*`. */
export function includesScope(held: string, asked: string): boolean {
  const [resource, verb] = held.split(':');
  const [askedResource, askedVerb] = asked.split(':');
  return (resource === '*' || resource === askedResource) && (verb === '*' || verb === askedVerb);
}

/** Whether a key with these scopes has this one. A key without scopes may do all that its role may. */
export function hasScope(scopes: readonly string[] | undefined, asked: string): boolean {
  return scopes === undefined || scopes.some((held) => includesScope(held, asked));
}

/** Whether a scope lets a key of this role do anything on any of the routes. */
export function isOfUse(scope: string, role: Role, routes: readonly Route[]): boolean {
  return routes.some((route) => {
    const needed = scopeOf(route);
    return needed !== undefined && isAllowed(role, route.access) && includesScope(scope, needed);
  });
}
