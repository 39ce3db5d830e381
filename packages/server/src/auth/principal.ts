import type { Role } from '@openkupe/contract';

/** The kind of credential that was verified. */
export type CredentialKind = 'anybody' | 'api-key' | 'oidc';

/** What limits an API key further than its role. A key that has no scopes and no address ranges has none of this. */
export interface KeyRestriction {
  /** Of the form that `SCOPE_PATTERN` describes; absent: all that the role may. */
  readonly scopes?: readonly string[] | undefined;
  /** Addresses and CIDR blocks; absent: from anywhere. */
  readonly addressRanges?: readonly string[] | undefined;
  /** RFC 3339; absent: the key does not expire. */
  readonly expiresAt?: string | undefined;
}

/** Who is asking, and which role they have in which tenants: what authentication finds out. */
export interface Identity {
  readonly kind: CredentialKind;
  /** What the audit shows: an API key id, or an e-mail address. Never a secret. */
  readonly actor: string;
  /** The person behind it, in lower case: for an API key the one who made it. Empty when the token names none. */
  readonly email: string;
  /** Whether the issuer vouches that the address is this person's; never for an API key. */
  readonly isEmailVerified: boolean;
  /** What the credential claims. What counts in a tenant is said by `role-in-tenant.ts`. */
  readonly roles: ReadonlyMap<string, Role>;
  readonly restriction?: KeyRestriction | undefined;
}

/** Who is asking, in the tenant and the role of this request: what authorisation grants. */
export interface Principal {
  readonly kind: CredentialKind;
  readonly tenant: string;
  readonly role: Role;
  readonly actor: string;
  readonly email: string;
  readonly isEmailVerified: boolean;
  readonly restriction?: KeyRestriction | undefined;
}

/** The identity of every caller of a public route. */
export const ANYBODY: Identity = { kind: 'anybody', actor: 'anybody', email: '', isEmailVerified: false, roles: new Map() };
