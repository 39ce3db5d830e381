import type { View } from '../../output/result.ts';
import type { Login } from '../../sign-in/logins-file.ts';

/** A context without its secrets. */
export interface ContextItem {
  readonly name: string;
  readonly isCurrent: boolean;
  readonly host: string;
  readonly tenant: string;
  readonly signedInWith: 'oidc' | 'api-key';
  /** Null for an API key, or where the issuer does not say. */
  readonly user: string | null;
}

/** What may be shown of a login: no token and no key. */
export function contextItem(login: Login, current: string | undefined): ContextItem {
  const { name, host, tenant, kind } = login;
  const user = login.kind === 'oidc' ? (login.email ?? null) : null;
  return { name, isCurrent: name === current, host, tenant, signedInWith: kind, user };
}

/** A stored login, without its secret. */
export const CONTEXT_VIEW: View<ContextItem> = {
  kind: 'context',
  nameOf: (context) => context.name,
  fields: [
    { title: 'CURRENT', value: (context) => (context.isCurrent ? '*' : ''), object: 'never' },
    { title: 'NAME', value: (context) => context.name },
    { title: 'SERVER', value: (context) => context.host },
    { title: 'TENANT', value: (context) => context.tenant },
    { title: 'USER', value: (context) => (context.signedInWith === 'api-key' ? 'an API key' : (context.user ?? '')) },
  ],
};
