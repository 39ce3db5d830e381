import type { Random } from '@openkupe/contract';
import type { AddressGroup } from './address-group.ts';
import { createCredentialMemory } from './credential-memory.ts';
import { type BackoffRule, createFailureCounters } from './failure-counters.ts';
import type { KeyedHash } from './keyed-hash.ts';

/**
 * "Repeated authentication failures trigger exponential backoff on top of the regular limit."
 *
 * Failures are counted per (address group, key id), per address group and, for IPv6, per /48. A credential that succeeded from the
 * same group within the last hour passes every wait: it is no guess, and one broken job does not shut out its neighbours. The same
 * wrong credential again is no new guess either: it counts for its own key only, and is answered without looking it up. While a group
 * is being counted, no more attempts are verified side by side than it may still fail, so that a volley buys nothing. Nothing is ever
 * locked for good. At most 116 guesses a day pass per address group.
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
  /** Gives back a verification that was counted. */
  end(group: AddressGroup): void;
  report(group: AddressGroup, credential: string, isValid: boolean, nowMs: number): void;
  isKnownGood(group: AddressGroup, credential: string, nowMs: number): boolean;
  /** What an operator sees of a group. */
  show(group: AddressGroup, nowMs: number): { failures: number; blockedForMs: number };
  /** Forgets the failures of a group and its network. */
  forgive(group: AddressGroup): boolean;
}

export type VerificationStart =
  /** `isCounted` asks for `end` when it is over, whatever its result. */
  | { readonly outcome: 'verify'; readonly isCounted: boolean }
  /** The same credential was verified a moment ago and was wrong: answer as if it had been verified again. */
  | { readonly outcome: 'known-invalid' }
  /** Too many are being verified for this group. */
  | { readonly outcome: 'wait'; readonly readyAtMs: number };

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

const KNOWN_GOOD_MS = 60 * 60 * 1000;
/** A wrong credential is looked up again after this long: it may have become valid. */
const KNOWN_INVALID_MS = 60_000;
/** The same wrong credential within this time is no new guess. */
const REPEATED_MS = 60 * 60 * 1000;
const VERIFICATION_RETRY_MS = 1000;
/** Longer credentials are hashed by their ends and their length; nothing valid is that long. */
const LONGEST_CREDENTIAL = 4096;

/** What names the key: the id part of an API key, or the whole of anything else. */
function keyIdOf(credential: string): string {
  const end = credential.startsWith('kupe_') ? credential.indexOf('_', 5) : -1;
  return end > 0 ? credential.slice(0, end) : credential;
}

export interface AuthFailureBackoffOptions {
  readonly random: Random;
  readonly hash: KeyedHash;
  readonly rules: AuthBackoffLimits;
  /** Entries per table. */
  readonly entries: number;
}

/** Tags that keep the tables' hashes apart. */
const TAG = { group: 0x67, network: 0x6e } as const;

export function createAuthFailureBackoff(options: AuthFailureBackoffOptions): AuthFailureBackoff {
  const { random, hash, rules, entries } = options;
  const pairs = createFailureCounters({ rule: rules.pair, entries });
  const groups = createFailureCounters({ rule: rules.group, entries });
  const networks = createFailureCounters({ rule: rules.network, entries: Math.ceil(entries / 4) });
  const good = createCredentialMemory({ entries });
  const invalid = createCredentialMemory({ entries });
  const counters = { failures: 0, knownInvalid: 0 };
  let latestFailureMs = Number.NEGATIVE_INFINITY;
  let hasRefusedSince = false;
  let isFirstRefusal = false;
  // Hashes of the credential in hand; four words instead of an object per request.
  let low = 0;
  let high = 0;

  const take = () => {
    low = hash.result[0] as number;
    high = hash.result[1] as number;
  };
  const hashGroup = (group: AddressGroup) => {
    hash.words(group.first, group.second, TAG.group | (group.family << 8));
    take();
  };
  const hashNetwork = (group: AddressGroup) => {
    hash.words(group.first, group.second & 0xffff0000, TAG.network);
    take();
  };
  const bounded = (text: string) => (text.length > LONGEST_CREDENTIAL ? `${text.length}${text.slice(0, 2048)}${text.slice(-2000)}` : text);
  const hashCredential = (group: AddressGroup, text: string) => {
    hash.text(bounded(text), group.first ^ (group.family << 8), group.second);
    take();
  };
  const isGood = (group: AddressGroup, credential: string, nowMs: number) => {
    hashCredential(group, credential);
    return good.remembers(low, high, nowMs, KNOWN_GOOD_MS);
  };
  const waitOf = (group: AddressGroup, credential: string) => {
    hashCredential(group, keyIdOf(credential));
    let until = pairs.blockedUntil(low, high);
    hashGroup(group);
    until = Math.max(until, groups.blockedUntil(low, high));
    if (group.family !== 6) return until;
    hashNetwork(group);
    return Math.max(until, networks.blockedUntil(low, high));
  };
  const countFailure = (group: AddressGroup, credential: string, isVerified: boolean, nowMs: number) => {
    counters.failures += 1;
    latestFailureMs = nowMs;
    hasRefusedSince = false;
    hashCredential(group, credential);
    const isRepeated = invalid.remembers(low, high, nowMs, REPEATED_MS);
    if (isVerified) invalid.remember(low, high, nowMs);
    good.forget(low, high);
    hashCredential(group, keyIdOf(credential));
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
    readyAt(group, credential, nowMs) {
      // Most of the time nobody has failed for longer than any wait lasts, and there is nothing to look up.
      if (credential === undefined || nowMs - latestFailureMs > rules.group.longestWaitMs) return 0;
      const until = waitOf(group, credential);
      if (until <= nowMs || isGood(group, credential, nowMs)) return 0;
      isFirstRefusal = !hasRefusedSince;
      hasRefusedSince = true;
      return until;
    },
    begin(group, credential, nowMs) {
      if (isGood(group, credential, nowMs)) return { outcome: 'verify', isCounted: false };
      if (invalid.remembers(low, high, nowMs, KNOWN_INVALID_MS)) {
        counters.knownInvalid += 1;
        countFailure(group, credential, false, nowMs);
        return { outcome: 'known-invalid' };
      }
      hashGroup(group);
      if (groups.begin(low, high, nowMs)) return { outcome: 'verify', isCounted: true };
      return { outcome: 'wait', readyAtMs: Math.max(nowMs + VERIFICATION_RETRY_MS, groups.blockedUntil(low, high)) };
    },
    end(group) {
      hashGroup(group);
      groups.end(low, high);
    },
    report(group, credential, isValid, nowMs) {
      if (!isValid) return countFailure(group, credential, true, nowMs);
      hashCredential(group, credential);
      good.remember(low, high, nowMs);
      invalid.forget(low, high);
      hashCredential(group, keyIdOf(credential));
      pairs.clear(low, high);
    },
    show(group, nowMs) {
      hashGroup(group);
      return { failures: groups.failures(low, high, nowMs), blockedForMs: Math.max(0, groups.blockedUntil(low, high) - nowMs) };
    },
    forgive(group) {
      hashGroup(group);
      const wasKnown = groups.clear(low, high);
      if (group.family !== 6) return wasKnown;
      hashNetwork(group);
      return networks.clear(low, high) || wasKnown;
    },
  };
}
