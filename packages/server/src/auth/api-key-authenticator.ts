import { hash } from 'node:crypto';
import { type Clock, formatTime, type Random } from '@openkupe/contract';
import type { Resource } from '../store/resource.ts';
import type { Store } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import { isInRanges } from './address-ranges.ts';
import { isStoredHash, parseApiKey } from './api-key.ts';
import { type Authentication, type Authenticator, INVALID } from './authenticator.ts';
import type { LastUsed } from './last-used.ts';

/** No key has this id: an id is eight hexadecimal digits. */
const MISSING_ID = 'ak-missing';

/** Whether it has expired, or was replaced and the overlap is over. Most keys do neither, so the time is only read where it counts. */
export function hasEnded({ spec: { expiresAt, replacedBy } }: Resource<'api-key'>, now: () => number): boolean {
  if (expiresAt === undefined && replacedBy === undefined) return false;
  const nowMs = now();
  return (expiresAt !== undefined && Date.parse(expiresAt) <= nowMs) || (replacedBy !== undefined && replacedBy.endsAt <= nowMs);
}

/** Whether it may be used from an address. Most keys may be from every one. */
const mayComeFrom = (address: string, { spec: { addressRanges } }: Resource<'api-key'>) =>
  addressRanges === undefined || isInRanges(addressRanges, address);

/** Verified keys that are remembered at most; when there are more, all are forgotten, and each is verified once more. */
const MOST_REMEMBERED = 10_000;
const SALT_BYTES = 16;

/** When a key ends: at its expiry, or once it was replaced and the overlap is over, whichever is first. */
export function endOf({ expiresAt, replacedBy }: Resource<'api-key'>['spec']): string | undefined {
  if (!replacedBy) return expiresAt;
  return expiresAt !== undefined && Date.parse(expiresAt) <= replacedBy.endsAt ? expiresAt : formatTime(replacedBy.endsAt);
}

function identified({ tenant, name, spec }: Resource<'api-key'>): Authentication {
  const { scopes, addressRanges, createdBy: email } = spec;
  const restriction = scopes || addressRanges ? { scopes, addressRanges, expiresAt: endOf(spec) } : undefined;
  const roles = new Map([[tenant, spec.role]]);
  return { outcome: 'identified', identity: { kind: 'api-key', actor: name, email, isEmailVerified: false, roles, restriction } };
}

/**
 * The authenticator for API keys. Unknown, revoked, expired and wrong keys, and those of another address than they may be used from, take
 * the same path and the same time: an answer that distinguished them would confirm to a thief that a key is right. A key has ended as soon as
 * either time says so: setting the wall clock back revives none, and while it is ahead, refusing is the safe side.
 *
 * A key that was right is remembered under its hash with a salt of this process, beside the row that it was compared with, and holds as long
 * as the store still has that very row: a key that was revoked, replaced or changed is compared anew from the moment at which that is
 * committed.
 */
export function createApiKeyAuthenticator(ports: {
  store: Pick<Store, 'find' | 'get'>;
  clock: Pick<Clock, 'now'>;
  confirmedTime: Pick<ConfirmedTime, 'now'>;
  random: Pick<Random, 'bytes'>;
  /** HMAC-SHA-256 under the installation's pepper. */
  hmac: (text: string) => Buffer;
  lastUsed: Pick<LastUsed, 'note'>;
}): Authenticator {
  const { store, clock, confirmedTime, random, hmac, lastUsed } = ports;
  const salt = Buffer.from(random.bytes(SALT_BYTES)).toString('hex');
  const remembered = new Map<string, { readonly row: Resource<'api-key'>; readonly authentication: Authentication }>();
  let presentId = MISSING_ID;
  const now = () => Math.max(clock.now(), confirmedTime.now());

  function remember(salted: string, row: Resource<'api-key'>): Authentication {
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    const authentication = identified(row);
    remembered.set(salted, { row, authentication });
    return authentication;
  }

  return {
    async authenticate(token, address) {
      const salted = hash('sha256', salt + token, 'hex');
      const known = remembered.get(salted);
      if (known && mayComeFrom(address, known.row) && (await store.get(known.row)) === known.row && !hasEnded(known.row, now)) {
        lastUsed.note(known.row, address);
        return known.authentication;
      }
      const key = parseApiKey(token);
      if (!key) return INVALID;
      const stored = await store.find('api-key', key.id);
      const isGenuine = isStoredHash(hmac(key.text), stored?.spec.keyHash);
      const isFromThere = stored !== undefined && mayComeFrom(address, stored);
      if (stored) presentId = stored.name;
      if (!stored || !isGenuine || !isFromThere || hasEnded(stored, now)) {
        // A row that is there takes longer to read than one that is not, so each refusal has read one of each.
        await store.find('api-key', stored ? MISSING_ID : presentId);
        return INVALID;
      }
      lastUsed.note(stored, address);
      return remember(salted, (await store.get(stored)) ?? stored);
    },
  };
}
