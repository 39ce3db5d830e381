import { type ApiKeyCreate, includesScope, isOfUse, ROUTES, type Role } from '@openkupe/contract';
import { isRangeWithin, parseRange } from '../../auth/address-ranges.ts';
import type { KeyRestriction, Principal } from '../../auth/principal.ts';
import { invalidField, Refusal } from '../../errors/refusal.ts';

/** Refuses with 400 a scope that is for nothing that the role may do, and a range that is no address and no CIDR block. */
export function checkLimits({ scopes = [], addressRanges = [] }: Pick<ApiKeyCreate, 'scopes' | 'addressRanges'>, role: Role): void {
  const useless = scopes.findIndex((scope) => !isOfUse(scope, role, ROUTES));
  if (useless >= 0) {
    const message = `the scope ${JSON.stringify(scopes[useless])} is for nothing that the role "${role}" may do; use one that an operation of the API names`;
    throw invalidField(`scopes/${useless}`, message);
  }
  const unread = addressRanges.findIndex((range) => parseRange(range) === undefined);
  if (unread >= 0) {
    const message = `addressRanges must be IP addresses or CIDR blocks such as "203.0.113.0/24", not ${JSON.stringify(addressRanges[unread])}`;
    throw invalidField(`addressRanges/${unread}`, message);
  }
}

const moreThanOwn = (what: string) =>
  new Refusal(403, `${what}; an API key with scopes or address ranges gives no key more than it has itself`, { code: 'more-than-own' });

/**
 * Refuses with 403 a key that would be allowed more than the key of the caller is: another scope, another address, a later end. Each scope
 * and each range has to lie within one of the caller's.
 */
export function refuseMoreThanOwn({ restriction }: Principal, key: KeyRestriction): void {
  if (!restriction) return;
  const { scopes, addressRanges, expiresAt } = restriction;
  if (scopes && !key.scopes) throw moreThanOwn('The key needs scopes');
  const scope = scopes && key.scopes?.find((asked) => !scopes.some((held) => includesScope(held, asked)));
  if (scope !== undefined) throw moreThanOwn(`The scope "${scope}" is none of the caller's`);
  if (addressRanges && !key.addressRanges) throw moreThanOwn('The key needs address ranges');
  const range = addressRanges && key.addressRanges?.find((asked) => !isRangeWithin(asked, addressRanges));
  if (range !== undefined) throw moreThanOwn(`The address range "${range}" is in none of the caller's`);
  if (expiresAt && !(key.expiresAt && Date.parse(key.expiresAt) <= Date.parse(expiresAt))) {
    throw moreThanOwn(`The key has to expire, at ${expiresAt} at the latest`);
  }
}
