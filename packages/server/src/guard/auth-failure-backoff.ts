import type { Random } from '@openkupe/contract';
import type { AddressGroup } from './address-group.ts';
import type { CredentialHash } from './credential-hash.ts';
import { createCredentialMemory } from './credential-memory.ts';
import { type BackoffRule, createFailureCounters } from './failure-counters.ts';
import type { KeyedHash } from './keyed-hash.ts';

/**
 * "Repeated authentication failures trigger exponential backoff on top of the regular limit."
 *
 * Failures are counted per (address group, key id), per address group and, for IPv6, per /48. A credential that succeeded from the
 * same group within the last thirty days passes every wait: it is no guess, and one broken job does not shut out its neighbours. The same
 * wrong credential again is no new guess either: it counts for its own key only, and is answered without looking it up. While a group
 * is being counted, no more attempts are verified side by side than it, and the network around it, may still fail, so that a volley buys
 * nothing. Nothing is ever locked for good. At most 116 guesses a day pass per address group.
 */
export interface AuthFailureBackoff {
  readonly bytes: number;
  readonly counters: { failures: number; knownInvalid: number };
  /** Keys that made room for newcomers, and newcomers that found none, over all counters of failures. */
  readonly tableCounters: { readonly evictions: number; readonly overflows: number };
  /** Whether the last refusal was the first after a failure, for the log. */
  readonly isFirstRefusal: boolean;
  /** When this caller may try again; 0 for now. Requests without a credential guess nothing and pass. */
  readyAt(group: AddressGroup, credential: string | undefined, nowMs: number): number;
  /** To be asked right before verifying. */
  begin(group: AddressGroup, credential: string, nowMs: number): VerificationStart;
  /** To be told when it is over, whatever its result. */
  end(verification: Verification, nowMs: number): void;
  report(group: AddressGroup, credential: string, isValid: boolean, nowMs: number): void;
  isKnownGood(group: AddressGroup, credential: string, nowMs: number): boolean;
  /** What an operator sees of a group. */
  show(group: AddressGroup, nowMs: number): { failures: number; blockedForMs: number };
  /** Forgets the failures of a group, of every key in it, and of its network. */
  forgive(group: AddressGroup, nowMs: number): boolean;
}

/** Where a verification that runs is counted; nowhere for a credential that is known to be good. */
export interface Verification {
  readonly outcome: 'verify';
  readonly groupPlace: number;
  readonly networkPlace: number;
}

export type VerificationStart =
  | Verification
  /** The same credential was verified a moment ago and was wrong: answer as if it had been verified again. */
  | { readonly outcome: 'known-invalid' }
  /** Its key, its group or its network is waiting. */
  | { readonly outcome: 'wait'; readonly readyAtMs: number }
  /** As many are being verified for its group or its network as may still fail. */
  | { readonly outcome: 'busy' };

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
/** A wrong credential is looked up again after this long: it may have become valid. */
const KNOWN_INVALID_MS = 60_000;
/** The same wrong credential within this time is no new guess. */
const REPEATED_MS = 60 * 60 * 1000;
const NOWHERE = -1;
const UNCOUNTED: Verification = { outcome: 'verify', groupPlace: NOWHERE, networkPlace: NOWHERE };
const KNOWN_INVALID: VerificationStart = { outcome: 'known-invalid' };
const BUSY: VerificationStart = { outcome: 'busy' };

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
  const counters = { failures: 0, knownInvalid: 0 };
  let latestFailureMs = Number.NEGATIVE_INFINITY;
  let hasRefusedSince = false;
  let isFirstRefusal = false;
  const longestWaitMs = Math.max(rules.pair.longestWaitMs, rules.group.longestWaitMs, rules.network.longestWaitMs);
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
    // Most of the time nobody has failed for longer than any wait lasts, and there is nothing to look up.
    if (nowMs - latestFailureMs > longestWaitMs) return 0;
    hashPair(group, credential);
    let until = pairs.blockedUntil(low, high, nowMs);
    hashGroup(group);
    until = Math.max(until, groups.blockedUntil(low, high, nowMs));
    if (group.family !== 6) return until;
    hashNetwork(group);
    return Math.max(until, networks.blockedUntil(low, high, nowMs));
  };
  const countFailure = (group: AddressGroup, credential: string, isVerified: boolean, nowMs: number) => {
    counters.failures += 1;
    latestFailureMs = nowMs;
    hasRefusedSince = false;
    hashCredential(group, credential);
    const isRepeated = invalid.remembers(low, high, nowMs, REPEATED_MS);
    if (isVerified) invalid.remember(low, high, nowMs);
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
  /** Takes a place among those that are verified for the group and for the network, or none of them. */
  const beginCounted = (group: AddressGroup, nowMs: number): VerificationStart => {
    hashGroup(group);
    const groupPlace = groups.begin(low, high, nowMs);
    if (groupPlace < 0) return BUSY;
    if (group.family !== 6) return { outcome: 'verify', groupPlace, networkPlace: NOWHERE };
    hashNetwork(group);
    const networkPlace = networks.begin(low, high, nowMs);
    if (networkPlace >= 0) return { outcome: 'verify', groupPlace, networkPlace };
    groups.end(groupPlace, nowMs);
    return BUSY;
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
    readyAt(group, credential, nowMs) {
      if (credential === undefined) return 0;
      const until = waitOf(group, credential, nowMs);
      if (until <= nowMs || isGood(group, credential, nowMs)) return 0;
      isFirstRefusal = !hasRefusedSince;
      hasRefusedSince = true;
      return until;
    },
    begin(group, credential, nowMs) {
      if (isGood(group, credential, nowMs)) return UNCOUNTED;
      const until = waitOf(group, credential, nowMs);
      if (until > nowMs) {
        return { outcome: 'wait', readyAtMs: until };
      }
      hashCredential(group, credential);
      if (!invalid.remembers(low, high, nowMs, KNOWN_INVALID_MS)) return beginCounted(group, nowMs);
      counters.knownInvalid += 1;
      countFailure(group, credential, false, nowMs);
      return KNOWN_INVALID;
    },
    end({ groupPlace, networkPlace }, nowMs) {
      if (groupPlace >= 0) groups.end(groupPlace, nowMs);
      if (networkPlace >= 0) networks.end(networkPlace, nowMs);
    },
    report(group, credential, isValid, nowMs) {
      if (!isValid) return countFailure(group, credential, true, nowMs);
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
