import { ADDRESS_RATE_LIMIT, type Clock, type Random } from '@openkupe/contract';
import { AUTH_BACKOFF, type AuthBackoffLimits, createAuthFailureBackoff } from '../auth/backoff/auth-failure-backoff.ts';
import { createCredentialHash } from '../crypto/credential-hash.ts';
import { createKeyedHash, randomHashKey } from '../crypto/keyed-hash.ts';
import { type AddressGroup, addressGroup, formatAddressGroup, readAddressGroup } from '../http/client-address/address-group.ts';
import { createCollapseWatch } from '../http/client-address/collapse-watch.ts';
import type { Log } from '../log/log.ts';
import { createAddressRate } from './address-rate.ts';
import { createDenialLog } from './denial-log.ts';
import type { RateLimit } from './gcra.ts';
import type { Admission, Guard, GuardHeaders, GuardRefusal } from './guard.ts';
import type { GuardOperation } from './guard-operation.ts';
import { createLooks } from './looks.ts';
import { ANONYMOUS_LANE, provenLane, unprovenLane } from './newcomers.ts';
import { policyOf, rateLimitFields } from './rate-limit-fields.ts';

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
const ADMITTED: Admission & { isAdmitted: true } = Object.freeze({ isAdmitted: true, headers: NO_HEADERS });

export interface GuardOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly random: Random;
  readonly limits?: Partial<GuardLimits>;
  readonly log?: Pick<Log, 'warn'>;
}

/** Creates the guard of one server process. Its memory is taken here and does not grow. */
export function createGuard(options: GuardOptions): Guard & GuardOperation {
  const { clock, random, log } = options;
  const limits = guardLimits(options.limits);
  const hash = createKeyedHash(randomHashKey(random));
  const counters = {
    allowed: 0,
    nearLimit: 0,
    denied: { address: 0, network: 0, authentication: 0, looks: 0 },
    shadowDenied: { address: 0, network: 0 },
  };
  const rate = createAddressRate({ hash, counters, ...limits });
  const looks = createLooks({ hash, ...limits });
  const credentials = createCredentialHash(hash);
  const entries = Math.ceil(limits.addresses / 32);
  const backoff = createAuthFailureBackoff({ random, hash, credentials, rules: limits.authentication, entries });
  const policies = [
    policyOf(limits.address),
    { name: 'authentication', quota: 1, windowSeconds: limits.authentication.group.longestWaitMs / 1000 },
  ];
  const denials = createDenialLog(log);
  const collapse = createCollapseWatch();
  const group: AddressGroup = { family: 0, first: 0, second: 0 };
  let credentialInHand: string | undefined;

  const laneInHand = () => {
    if (credentialInHand === undefined) return ANONYMOUS_LANE;
    const isProven = backoff.isKnownGood(group, credentialInHand, clock.monotonic());
    credentials.of(group, credentialInHand);
    return isProven ? provenLane(credentials.low) : unprovenLane(credentials.low);
  };
  const watchForCollapse = () => {
    credentials.of(group, credentialInHand ?? '');
    const share = collapse.note(group.first ^ group.second, credentials.low);
    if (share === undefined) return;
    const fields = { address: formatAddressGroup(group), share };
    log?.warn(fields, 'nearly all traffic comes from one address; if it is a proxy, list it as trusted, or all clients share one limit');
  };
  const refuseForFailures = (readyAtMs: number, nowMs: number): GuardRefusal => {
    const retryAfterMs = readyAtMs - nowMs;
    const state = { name: 'authentication', remaining: 0, resetSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) };
    return {
      isAdmitted: false,
      limit: 'authentication',
      policy: state.name,
      retryAfterMs,
      isReserved: false,
      headers: rateLimitFields(policies, [state], retryAfterMs),
    };
  };
  const denied = (refusal: GuardRefusal, scope: keyof typeof counters.denied, isFirst: boolean, of: AddressGroup, nowMs: number) => {
    counters.denied[scope] += 1;
    const retryAfterSeconds = Math.ceil(refusal.retryAfterMs / 1000);
    if (isFirst) denials.note(nowMs, { address: formatAddressGroup(of), policy: refusal.policy, retryAfterSeconds });
    return refusal;
  };

  /** Asks the rate limit of the address and of its network, and charges nothing. */
  const refusalOf = ({ address, credential }: { address: string; credential?: string }, nowMs: number): GuardRefusal | undefined => {
    readAddressGroup(address, group);
    credentialInHand = credential;
    if (collapse.isDue()) watchForCollapse();
    if (rate.ask(group, laneInHand, nowMs) === 'refused') {
      const { isFirst, scope, ...refusal } = rate.refuse(nowMs);
      return denied(refusal, scope, isFirst, group, nowMs);
    }
    return undefined;
  };
  const admitted = (headers: GuardHeaders | undefined): Admission & { isAdmitted: true } => {
    counters.allowed += 1;
    if (!headers) return ADMITTED;
    counters.nearLimit += 1;
    return { isAdmitted: true, headers };
  };

  return {
    bytes: rate.bytes + looks.bytes + backoff.bytes,
    admit(request) {
      const nowMs = clock.monotonic();
      const refusal = refusalOf(request, nowMs);
      if (refusal) return refusal;
      return admitted(rate.charge(nowMs));
    },
    admitLook(request) {
      const nowMs = clock.monotonic();
      const refusal = refusalOf(request, nowMs);
      if (refusal) return refusal;
      if (looks.ask(group, laneInHand, nowMs) === 'refused') {
        const ofLooks = looks.refuse(nowMs);
        return denied({ ...ofLooks, isReserved: false, limit: 'looks' }, 'looks', ofLooks.isFirst, group, nowMs);
      }
      const release = rate.hold();
      return {
        ...admitted(looks.charge(nowMs)),
        finish(isAnswered) {
          release();
          if (isAnswered) return;
          readAddressGroup(request.address, group);
          credentialInHand = request.credential;
          rate.ask(group, laneInHand, clock.monotonic());
          rate.chargeServed();
        },
      };
    },
    reportAuthentication({ address, credential, isValid }) {
      const nowMs = clock.monotonic();
      const own = addressGroup(address);
      if (isValid) {
        backoff.succeed(own, credential, nowMs);
        return undefined;
      }
      const readyAtMs = backoff.fail(own, credential, nowMs);
      if (readyAtMs <= nowMs) return undefined;
      return denied(refuseForFailures(readyAtMs, nowMs), 'authentication', backoff.isFirstRefusal, own, nowMs);
    },
    get metrics() {
      const nowMs = clock.monotonic();
      const { address, network } = rate.tables;
      const ofTables = (name: 'evictions' | 'overflows') => ({
        address: address.table.counters[name],
        network: network.table.counters[name],
        failures: backoff.tableCounters[name],
      });
      return {
        ...counters,
        authenticationFailures: backoff.counters.failures,
        tableLoad: { address: address.table.load(nowMs), network: network.table.load(nowMs) },
        limited: { address: address.lanes.inUse(nowMs), network: network.lanes.inUse(nowMs) },
        evictions: ofTables('evictions'),
        overflows: ofTables('overflows'),
      };
    },
    show(address) {
      const own = addressGroup(address);
      const nowMs = clock.monotonic();
      return {
        group: formatAddressGroup(own),
        limits: [...rate.show(own, nowMs), ...looks.show(own, nowMs)],
        authentication: backoff.show(own, nowMs),
      };
    },
    forgive(address) {
      const own = addressGroup(address);
      const wasKnown = [rate.forgive(own), looks.forgive(own), backoff.forgive(own, clock.monotonic())];
      return wasKnown.includes(true);
    },
  };
}
