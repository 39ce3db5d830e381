import { ADDRESS_RATE_LIMIT, type Clock, type Random, type RateLimitState } from '@openkupe/contract';
import { type AddressGroup, addressGroup, readAddressGroup } from './address-group.ts';
import { AUTH_BACKOFF, type AuthBackoffLimits, createAuthFailureBackoff } from './auth-failure-backoff.ts';
import type { RateLimit } from './gcra.ts';
import type { Admission, AuthenticationStart, Guard, GuardHeaders, GuardRefusal } from './guard.ts';
import { createKeyedHash, randomHashKey } from './keyed-hash.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import { isNearLimit, policyOf, rateLimitFields, stateOf } from './rate-limit-fields.ts';

/** What the guard enforces and how much memory it may take for it. */
export interface GuardLimits {
  readonly address: RateLimit;
  /** The looser limit of a whole IPv6 /48. */
  readonly network: RateLimit;
  readonly authentication: AuthBackoffLimits;
  /** Addresses counted at once; 16 bytes each. */
  readonly addresses: number;
}

/** A /48 holds many homes or one large site; ten times an address is enough for either and stops nobody who rotates politely. */
const NETWORK_FACTOR = 10;

/** Fills in what the operator leaves open. */
export function guardLimits(given: Partial<GuardLimits> = {}): GuardLimits {
  const address = given.address ?? ADDRESS_RATE_LIMIT;
  const network = { ...address, name: 'network', perSecond: address.perSecond * NETWORK_FACTOR, burst: address.burst * NETWORK_FACTOR };
  return { address, network, authentication: AUTH_BACKOFF, addresses: 2 ** 20, ...given };
}

const NO_HEADERS: GuardHeaders = Object.freeze({});
const ADMITTED: Admission = Object.freeze({ isAdmitted: true, headers: NO_HEADERS });
/** Credentials that have not proved themselves share this many lanes, so that inventing some does not win a larger share. */
const UNPROVEN_LANES = 3;
const ANONYMOUS_LANE = 0;

export interface GuardOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Partial<GuardLimits>;
}

/** Creates the guard of one server process. Its memory is taken here and does not grow. */
export function createGuard(options: GuardOptions): Guard {
  const { clock, random } = options;
  const limits = guardLimits(options.limits);
  const hash = createKeyedHash(randomHashKey(random));
  const addresses = createLimiter({ limit: limits.address, slots: limits.addresses, limitedKeys: Math.ceil(limits.addresses / 64) });
  const networks = createLimiter({ limit: limits.network, slots: limits.addresses / 4, limitedKeys: Math.ceil(limits.addresses / 256) });
  const backoff = createAuthFailureBackoff({ random, hash, rules: limits.authentication, entries: Math.ceil(limits.addresses / 16) });
  const one = [addresses] as const;
  const both = [addresses, networks] as const;
  const addressPolicy = policyOf(limits.address);
  const authenticationPolicy = { name: 'authentication', quota: 1, windowSeconds: limits.authentication.group.longestWaitMs / 1000 };
  const group: AddressGroup = { family: 0, first: 0, second: 0 };
  let credentialInHand: string | undefined;

  const laneInHand = () => {
    if (credentialInHand === undefined) return ANONYMOUS_LANE;
    const isProven = backoff.isKnownGood(group, credentialInHand, clock.monotonic());
    hash.text(credentialInHand);
    const mixed = hash.result[0] as number;
    return isProven ? mixed | 4 : 1 + ((mixed >>> 3) % UNPROVEN_LANES);
  };
  const hashAddress = () => hash.words(group.family, group.first, group.second);
  const hashNetwork = () => hash.words(group.family, group.first, group.second & 0xffff0000);

  const ask = (limiter: Limiter, nowMs: number) => limiter.ask(hash.result[0] as number, hash.result[1] as number, laneInHand, nowMs, 1);
  const stateOfAsked = (limiter: Limiter, nowMs: number) => stateOf(limiter.limit.name, limiter.asked.gcra, limiter.asked.tatMs, nowMs);

  /** The answer when the address, its network, or both are over their limit. The later of the two promises is the one to tell. */
  const refuseForRate = (limiters: readonly Limiter[], nowMs: number): GuardRefusal => {
    let retryAtMs = 0;
    let policy = '';
    for (const limiter of limiters) {
      if (limiter.asked.isAdmitted) continue;
      const slotMs = limiter.reserve();
      if (slotMs > retryAtMs) policy = limiter.limit.name;
      retryAtMs = Math.max(retryAtMs, slotMs);
    }
    const retryAfterMs = retryAtMs - nowMs;
    const headers = rateLimitFields(
      limiters.map((limiter) => policyOf(limiter.limit)),
      limiters.map((limiter) => stateOfAsked(limiter, nowMs)),
      retryAfterMs,
    );
    return { isAdmitted: false, limit: 'address', policy, retryAfterMs, headers };
  };
  const refuseForFailures = (readyAtMs: number, nowMs: number): GuardRefusal => {
    const retryAfterMs = readyAtMs - nowMs;
    const state: RateLimitState = {
      name: authenticationPolicy.name,
      remaining: 0,
      resetSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)),
    };
    const headers = rateLimitFields([addressPolicy, authenticationPolicy], [state], retryAfterMs);
    return { isAdmitted: false, limit: 'authentication', policy: authenticationPolicy.name, retryAfterMs, headers };
  };
  const admitted = (limiters: readonly Limiter[], nowMs: number): Admission => {
    const near = limiters.filter(({ asked }) => isNearLimit(asked.gcra, asked.tatMs, nowMs));
    if (near.length === 0) return ADMITTED;
    const headers = rateLimitFields(
      near.map((limiter) => policyOf(limiter.limit)),
      near.map((limiter) => stateOfAsked(limiter, nowMs)),
    );
    return { isAdmitted: true, headers };
  };

  return {
    admit({ address, credential }) {
      const nowMs = clock.monotonic();
      readAddressGroup(address, group);
      credentialInHand = credential;
      const asked = group.family === 6 ? both : one;
      hashAddress();
      ask(addresses, nowMs);
      if (asked === both) {
        hashNetwork();
        ask(networks, nowMs);
      }
      if (!addresses.asked.isAdmitted || (asked === both && !networks.asked.isAdmitted)) return refuseForRate(asked, nowMs);
      const readyAtMs = backoff.readyAt(group, credential, nowMs);
      if (readyAtMs > nowMs) return refuseForFailures(readyAtMs, nowMs);
      for (const limiter of asked) limiter.charge();
      return admitted(asked, nowMs);
    },
    beginAuthentication({ address, credential }): AuthenticationStart {
      const nowMs = clock.monotonic();
      const own = addressGroup(address);
      const start = backoff.begin(own, credential, nowMs);
      if (start.outcome === 'known-invalid') return start;
      if (start.outcome === 'wait') return { outcome: 'refused', refusal: refuseForFailures(start.readyAtMs, nowMs) };
      return {
        outcome: 'verify',
        finish(isValid) {
          if (start.isCounted) backoff.end(own);
          if (isValid !== undefined) backoff.report(own, credential, isValid, clock.monotonic());
        },
      };
    },
    reportAuthentication({ address, credential, isValid }) {
      backoff.report(addressGroup(address), credential, isValid, clock.monotonic());
    },
  };
}
