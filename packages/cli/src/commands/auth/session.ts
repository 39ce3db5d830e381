import { formatTime } from '@openkupe/contract/clock';
import type { Tenant } from '@openkupe/contract/resources/tenant';
import type { Context } from '../../command.ts';
import type { View } from '../../output/result.ts';
import type { Credentials } from '../../settings/settings.ts';
import { claimsOf, roleIn } from '../../sign-in/claims.ts';

/** The caller of a command, as `auth whoami` prints it. */
export interface Session {
  readonly host: string;
  readonly tenant: string;
  readonly displayName: string;
  readonly plan: string;
  readonly contactEmail: string;
  readonly signedInWith: 'oidc' | 'api-key';
  /** The e-mail address; null for an API key, which belongs to no user. */
  readonly user: string | null;
  /** Null where only the server knows. */
  readonly role: 'admin' | 'readonly' | null;
  readonly issuer: string | null;
  /** When the access token ends (RFC 3339); null when that is not known. */
  readonly expiresAt: string | null;
  /** Whether it is renewed without signing in again. */
  readonly isRenewed: boolean;
}

/** What the server knows of a caller: the tenant, and the role in it where it has the route for that. */
export interface Caller {
  readonly tenant: Tenant;
  readonly role: 'admin' | 'readonly' | undefined;
}

/** The session of a caller in that tenant. */
export function sessionOf(credentials: Credentials, { tenant, role }: Caller): Session {
  const { host, signIn } = credentials;
  const { email, groups } = signIn ? claimsOf(signIn) : { email: undefined, groups: [] };
  return {
    host,
    tenant: tenant.name,
    displayName: tenant.displayName,
    plan: tenant.plan,
    contactEmail: tenant.contactEmail,
    signedInWith: signIn ? 'oidc' : 'api-key',
    user: email ?? null,
    role: role ?? roleIn(tenant.name, groups),
    issuer: signIn?.issuer ?? null,
    expiresAt: signIn?.expiresAtMs === undefined ? null : formatTime(signIn.expiresAtMs),
    isRenewed: signIn?.refreshToken !== undefined,
  };
}

/** Asks the server who the credentials belong to. */
export async function fetchCaller(credentials: Credentials, context: Context): Promise<Caller> {
  const client = await context.clientAs(credentials);
  const { value: tenant } = await client.tenant.get({ signal: context.signal });
  try {
    return { tenant, role: (await client.session.get({ signal: context.signal })).value.role };
  } catch (error) {
    // NOTE: a server that has no such route.
    if ((error as { status?: unknown }).status === 404) return { tenant, role: undefined };
    throw error;
  }
}

function untilWhen({ signedInWith, expiresAt, isRenewed }: Session): string {
  if (signedInWith === 'api-key') return 'the key ends or is deleted';
  if (isRenewed) return `signed out; renewed by itself${expiresAt === null ? '' : `, next at ${expiresAt}`}`;
  return expiresAt ?? '';
}

/** Who the caller is, in which tenant, and until when. */
export const SESSION_VIEW: View<Session> = {
  kind: 'session',
  nameOf: (session) => session.tenant,
  fields: [
    { title: 'USER', value: (session) => session.user ?? 'an API key' },
    { title: 'TENANT', value: (session) => session.tenant },
    { title: 'DISPLAY NAME', value: (session) => session.displayName },
    { title: 'PLAN', value: (session) => session.plan },
    { title: 'ROLE', value: (session) => session.role ?? '' },
    { title: 'SERVER', value: (session) => session.host },
    { title: 'CONTACT', value: (session) => session.contactEmail, object: 'wide' },
    { title: 'ISSUER', value: (session) => session.issuer ?? '', object: 'wide' },
    { title: 'UNTIL', value: untilWhen },
  ],
};
