import type { Role } from '@openkupe/contract';
import type { JWTPayload } from 'jose';
import type { Authentication } from './authenticator.ts';

/** "It MUST NOT exceed 255 ASCII characters in length" (OpenID Connect Core 1.0 §2). */
const LONGEST_SUBJECT = 255;
/** ASCII alone, as members are: other letters may fold to the same ones in lower case. 254 characters at most (RFC 5321 §4.5.3.1.3). */
const EMAIL = /^[\x21-\x3f\x41-\x7e]{1,64}@[\x21-\x3f\x41-\x7e]{1,189}$/;

const INVALID: Authentication = { outcome: 'invalid', isNoGuess: true };
const isText = (value: unknown): value is string => typeof value === 'string';

/** The groups, also where a single one is not in a list. `undefined` when the claim is anything else. */
function groupsOf(claim: unknown): readonly string[] | undefined {
  if (isText(claim)) return [claim];
  return Array.isArray(claim) && claim.every(isText) ? claim : undefined;
}

/** `<tenant>-admins` and `<tenant>-readonly` give a role in a tenant; the stronger one counts. A token of 16 KiB bounds them. */
export function rolesOfGroups(groups: readonly string[]): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>();
  for (const group of groups) {
    const found = /^(.+)-(admins|readonly)$/.exec(group);
    if (!found?.[1]) continue;
    if (found[2] === 'admins' || !roles.has(found[1])) roles.set(found[1], found[2] === 'admins' ? 'admin' : 'readonly');
  }
  return roles;
}

/**
 * Whether the issuer vouches for the address: `email_verified` is true, as a boolean or, at some issuers, as text. Anything else is no,
 * and so is its absence unless the operator said otherwise.
 */
function isVerified(claim: unknown, assumesVerified: boolean): boolean {
  return claim === undefined ? assumesVerified : claim === true || claim === 'true';
}

/**
 * Who an access token names. Without groups it lacks them ("token missing groups claim"); a claim of another type makes the token invalid.
 * A person is called by the address only where the issuer vouches for it, and by the subject otherwise, so that the audit and what is
 * kept per caller cannot be attributed to another person.
 */
export function identify(payload: JWTPayload, assumesVerified: boolean): Authentication {
  const { sub, email: address = '', groups: claim } = payload;
  if (claim === undefined || claim === null) return { outcome: 'invalid', lacks: 'groups', isNoGuess: true };
  const groups = groupsOf(claim);
  if (!groups || !isText(sub) || sub === '' || sub.length > LONGEST_SUBJECT || !isText(address)) return INVALID;
  const email = EMAIL.test(address) ? address.toLowerCase() : '';
  const isEmailVerified = email !== '' && isVerified(payload.email_verified, assumesVerified);
  const actor = isEmailVerified ? email : `subject:${sub}`;
  return { outcome: 'identified', identity: { kind: 'oidc', actor, email, isEmailVerified, roles: rolesOfGroups(groups) } };
}
