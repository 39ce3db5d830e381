import type { Role } from '@openkupe/contract';

/** How somebody proved who they are. */
export type CredentialKind = 'anybody' | 'api-key' | 'oidc';

/** Who is asking, and which role they have in which tenants: what authentication finds out. */
export interface Identity {
  readonly kind: CredentialKind;
  /** What the audit shows: an API key id, or an e-mail address. Never a secret. */
  readonly actor: string;
  /** The person behind it: for an API key the one who made it. */
  readonly email: string;
  readonly roles: ReadonlyMap<string, Role>;
}

/** Who is asking, in the tenant and the role of this request: what authorisation grants. */
export interface Principal {
  readonly kind: CredentialKind;
  readonly tenant: string;
  readonly role: Role;
  readonly actor: string;
  readonly email: string;
}

/** Whoever calls a public route. */
export const ANYBODY: Identity = { kind: 'anybody', actor: 'anybody', email: '', roles: new Map() };
