/** The two roles of the API. Reads are for both; writes, and listing API keys, are for `admin`. */
export const ROLES = ['admin', 'readonly'] as const;
/** One of {@link ROLES}. */
export type Role = (typeof ROLES)[number];

/** Who may call a route: anybody, or at least this role in the tenant. */
export type Access = 'public' | Role;

/** Whether a principal with `role` may call a route that asks for `access`. */
export function isAllowed(role: Role, access: Access): boolean {
  return access !== 'admin' || role === 'admin';
}

/** What a scope lets a key do with a resource. `connect`: get at what runs in a cluster. */
export const SCOPE_VERBS = ['read', 'create', 'update', 'delete', 'connect'] as const;
/** One of {@link SCOPE_VERBS}. */
export type ScopeVerb = (typeof SCOPE_VERBS)[number];

/** The form of a scope, `<resource>:<verb>`; each half may be `*`. */
export const SCOPE_PATTERN = `^([a-z][a-z-]{0,31}|\\*):(${SCOPE_VERBS.join('|')}|\\*)$`;
