import { formatTime } from '@openkupe/contract/clock';
import type { ApiKey } from '@openkupe/contract/resources/api-key';
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
  /** What limits an API key further than its role; null for a user, and where only the server knows. */
  readonly apiKey: ApiKey | null;
  /** When the access token or the API key ends (RFC 3339); null when that is not known. */
  readonly expiresAt: string | null;
  /** Whether it is renewed without signing in again. */
  readonly isRenewed: boolean;
}

/** What the server knows of a caller: the tenant, and the role in it where it has the route for that. */
export interface Caller {
  readonly tenant: Pick<Tenant, 'name' | 'displayName' | 'plan' | 'contactEmail'>;
  readonly role: 'admin' | 'readonly' | undefined;
  readonly apiKey: ApiKey | undefined;
}

/** The session of a caller in that tenant. */
export function sessionOf(credentials: Credentials, { tenant, role, apiKey }: Caller): Session {
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
    apiKey: apiKey ?? null,
    issuer: signIn?.issuer ?? null,
    expiresAt: signIn?.expiresAtMs === undefined ? (apiKey?.expiresAt ?? null) : formatTime(signIn.expiresAtMs),
    isRenewed: signIn?.refreshToken !== undefined,
  };
}

const statusOf = (error: unknown) => (error as { readonly status?: unknown }).status;

/** Asks the server who the credentials belong to. Of an API key whose scopes do not include the tenant only the name of that is known. */
export async function fetchCaller(credentials: Credentials, context: Context): Promise<Caller> {
  const client = await context.clientAs(credentials);
  const { signal } = context;
  const [tenant, session] = await Promise.allSettled([client.tenant.get({ signal }), client.session.get({ signal })]);
  // NOTE: a server that has no such route answers 404.
  if (session.status === 'rejected' && statusOf(session.reason) !== 404)
    throw tenant.status === 'rejected' ? tenant.reason : session.reason;
  const { role, apiKey } = session.status === 'fulfilled' ? session.value.value : { role: undefined, apiKey: undefined };
  if (tenant.status === 'fulfilled') return { tenant: tenant.value.value, role, apiKey };
  if (role === undefined || statusOf(tenant.reason) !== 403) throw tenant.reason;
  return { tenant: { name: credentials.tenant, displayName: '', plan: '', contactEmail: '' }, role, apiKey };
}

function untilWhen({ signedInWith, expiresAt, isRenewed, apiKey }: Session): string {
  if (signedInWith === 'api-key') return expiresAt ?? (apiKey ? 'the key is deleted' : 'the key ends or is deleted');
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
    { title: 'SCOPES', value: ({ apiKey }) => apiKey?.scopes?.join(' ') ?? '', object: 'wide' },
    { title: 'FROM', value: ({ apiKey }) => apiKey?.addressRanges?.join(' ') ?? '', object: 'wide' },
    { title: 'SERVER', value: (session) => session.host },
    { title: 'CONTACT', value: (session) => session.contactEmail, object: 'wide' },
    { title: 'ISSUER', value: (session) => session.issuer ?? '', object: 'wide' },
    { title: 'UNTIL', value: untilWhen },
  ],
};
