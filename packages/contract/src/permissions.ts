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
