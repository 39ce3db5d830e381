import type { Random } from '@openkupe/contract';
import type { CredentialHash } from '../../crypto/credential-hash.ts';
import type { KeyedHash } from '../../crypto/keyed-hash.ts';
import type { AddressGroup } from '../../http/client-address/address-group.ts';
import { createCredentialMemory } from '../../rate-limit/credential-memory.ts';
import { type BackoffRule, createFailureCounters } from './failure-counters.ts';

/**
 * "Repeated authentication failures trigger exponential backoff on top of the regular limit."
 *
 * Only credentials that were verified and are wrong come here: a right one is answered as if nothing had failed. Failures are counted per
 * (address group, key id), per address group and, for IPv6, per /48. The same wrong credential again counts for its own key only, so that
 * one broken job does not make its neighbours' first mistake cost minutes. What fails while its key, its group or its network waits is a
 * 429 and is not counted, so the wait does not grow by asking. Nothing is locked for good.
 */
export interface AuthFailureBackoff {
  readonly bytes: number;
  readonly counters: { failures: number };
  /** Keys that made room for newcomers, and newcomers that found none, over all counters of failures. */
  readonly tableCounters: { readonly evictions: number; readonly overflows: number };
  /** Whether the last refusal was the first after a failure, for the log. */
  readonly isFirstRefusal: boolean;
  /** Counts a wrong credential. Returns 0, or the time in milliseconds until which it waits: then nothing was counted, and it is a 429. */
  fail(group: AddressGroup, credential: string, nowMs: number): number;
  /** Remembers a right credential for {@link isKnownGood}, and forgets the failures of its own key. */
  succeed(group: AddressGroup, credential: string, nowMs: number): void;
  /** Whether it succeeded from there lately. Decides about shares of the rate limit only, never whether a credential is accepted. */
  isKnownGood(group: AddressGroup, credential: string, nowMs: number): boolean;
  /** What an operator sees of a group. */
  show(group: AddressGroup, nowMs: number): { failures: number; blockedForMs: number };
  /** Forgets the failures of a group, of every key in it, and of its network. */
  forgive(group: AddressGroup, nowMs: number): boolean;
}

export interface AuthBackoffLimits {
  readonly pair: BackoffRule;
  readonly group: BackoffRule;
  readonly network: BackoffRule;
}

export const AUTH_BACKOFF: AuthBackoffLimits = {
  pair: { freeFailures: 3, longestWaitMs: 60_000 },
  group: { freeFailures: 10, longestWaitMs: 15 * 60_000 },
  network: { freeFailures: 100, longestWaitMs: 5 * 60_000 },
};

/** Longer than the time between two runs of any job. Nothing depends on it being short: the credential is verified all the same. */
const KNOWN_GOOD_MS = 30 * 24 * 60 * 60 * 1000;
/** The same wrong credential within this time is no new guess. */
const REPEATED_MS = 60 * 60 * 1000;

/** What names the key: the id part of an API key, or the whole of anything else. */
function keyIdOf(credential: string): string {
  const end = credential.startsWith('kupe_') ? credential.indexOf('_', 5) : -1;
  return end > 0 ? credential.slice(0, end) : credential;
}

export interface AuthFailureBackoffOptions {
  readonly random: Random;
  readonly hash: KeyedHash;
  readonly credentials: CredentialHash;
  readonly rules: AuthBackoffLimits;
  /** Entries per table. */
  readonly entries: number;
}

/** Tags that keep the tables' hashes apart. */
const TAG = { group: 0x67, network: 0x6e } as const;

export function createAuthFailureBackoff(options: AuthFailureBackoffOptions): AuthFailureBackoff {
  const { random, hash, credentials, rules, entries } = options;
  // How often a guesser may guess is said by its group; a key that is forgotten only makes a broken job wait less.
  const pairs = createFailureCounters({ rule: rules.pair, entries, onFullSet: 'forget' });
  const groups = createFailureCounters({ rule: rules.group, entries, onFullSet: 'inherit' });
  const networks = createFailureCounters({ rule: rules.network, entries: Math.ceil(entries / 4), onFullSet: 'inherit' });
  const good = createCredentialMemory({ entries });
  const invalid = createCredentialMemory({ entries });
  const counters = { failures: 0 };
  let hasRefusedSince = false;
  let isFirstRefusal = false;
  // Hashes of what is in hand; two words instead of an object per request.
  let low = 0;
  let high = 0;

  const hashGroup = (group: AddressGroup) => {
    hash.words(group.first, group.second, TAG.group | (group.family << 8));
    low = hash.result[0] as number;
    high = hash.result[1] as number;
  };
  const hashNetwork = (group: AddressGroup) => {
    hash.words(group.first, group.second & 0xffff0000, TAG.network);
    low = hash.result[0] as number;
    high = hash.result[1] as number;
  };
  const hashCredential = (group: AddressGroup, credential: string) => {
    credentials.of(group, credential);
    low = credentials.low;
    high = credentials.high;
  };
  /** The high half is the group's, so that all keys of a group can be found. */
  const hashPair = (group: AddressGroup, credential: string) => {
    hashGroup(group);
    credentials.of(group, keyIdOf(credential));
    low = credentials.low;
  };
  const isGood = (group: AddressGroup, credential: string, nowMs: number) => {
    hashCredential(group, credential);
    return good.remembers(low, high, nowMs, KNOWN_GOOD_MS);
  };
  const waitOf = (group: AddressGroup, credential: string, nowMs: number) => {
    hashPair(group, credential);
    let until = pairs.blockedUntil(low, high, nowMs);
    hashGroup(group);
    until = Math.max(until, groups.blockedUntil(low, high, nowMs));
    if (group.family !== 6) return until;
    hashNetwork(group);
    return Math.max(until, networks.blockedUntil(low, high, nowMs));
  };
  const countFailure = (group: AddressGroup, credential: string, nowMs: number) => {
    counters.failures += 1;
    hasRefusedSince = false;
    hashCredential(group, credential);
    const isRepeated = invalid.remembers(low, high, nowMs, REPEATED_MS);
    invalid.remember(low, high, nowMs);
    good.forget(low, high);
    hashPair(group, credential);
    pairs.fail(low, high, nowMs, random.unit());
    if (isRepeated) return;
    hashGroup(group);
    groups.fail(low, high, nowMs, random.unit());
    if (group.family !== 6) return;
    hashNetwork(group);
    networks.fail(low, high, nowMs, random.unit());
  };
  return {
    bytes: pairs.bytes + groups.bytes + networks.bytes + good.bytes + invalid.bytes,
    counters,
    get tableCounters() {
      const all = [pairs, groups, networks].map(({ counters }) => counters);
      const sum = (name: 'evictions' | 'overflows') => all.reduce((total, counted) => total + counted[name], 0);
      return { evictions: sum('evictions'), overflows: sum('overflows') };
    },
    get isFirstRefusal() {
      return isFirstRefusal;
    },
    isKnownGood: isGood,
    fail(group, credential, nowMs) {
      const until = waitOf(group, credential, nowMs);
      if (until <= nowMs) {
        countFailure(group, credential, nowMs);
        return 0;
      }
      isFirstRefusal = !hasRefusedSince;
      hasRefusedSince = true;
      return until;
    },
    succeed(group, credential, nowMs) {
      hashCredential(group, credential);
      good.remember(low, high, nowMs);
      invalid.forget(low, high);
      hashPair(group, credential);
      pairs.clear(low, high);
    },
    show(group, nowMs) {
      hashGroup(group);
      return { failures: groups.failures(low, high, nowMs), blockedForMs: Math.max(0, groups.blockedUntil(low, high, nowMs) - nowMs) };
    },
    forgive(group, nowMs) {
      hashGroup(group);
      const hadFailures = groups.forgive(low, high, nowMs);
      const hadKeys = pairs.forgiveAll(high, nowMs);
      if (group.family !== 6) return hadFailures || hadKeys;
      hashNetwork(group);
      return networks.forgive(low, high, nowMs) || hadFailures || hadKeys;
    },
  };
}
