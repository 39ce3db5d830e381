import type { OidcLogin } from './logins-file.ts';

/** The claims of a token about its user: for display only, because no signature is verified here. */
export interface Claims {
  readonly email: string | undefined;
  readonly groups: readonly string[];
}

function payloadOf(token: string): Record<string, unknown> {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {};
  } catch {
    // NOTE: an access token need not be a JWT to the client (RFC 9068 §6).
    return {};
  }
}

/** Reads the claims of a sign-in: those of the access token, and the e-mail address of the ID token where that has none. */
export function claimsOf({ accessToken, email }: Pick<OidcLogin, 'accessToken' | 'email'>): Claims {
  const payload = payloadOf(accessToken);
  const list = typeof payload.groups === 'string' ? [payload.groups] : payload.groups;
  const groups = Array.isArray(list) ? list.filter((group) => typeof group === 'string') : [];
  return { email: typeof payload.email === 'string' ? payload.email : email, groups };
}

/** The tenants that groups give a role in, by name. */
export function tenantsIn(groups: readonly string[]): string[] {
  const names = groups.map((group) => /^(.+)-(?:admins|readonly)$/.exec(group)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

/** The role that groups give in a tenant: `<tenant>-admins` or `<tenant>-readonly`. */
export function roleIn(tenant: string, groups: readonly string[]): 'admin' | 'readonly' | null {
  if (groups.includes(`${tenant}-admins`)) return 'admin';
  return groups.includes(`${tenant}-readonly`) ? 'readonly' : null;
}
