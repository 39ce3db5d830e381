import { hash as digest } from 'node:crypto';
import { ADDRESS_RATE_LIMIT, type Clock, type Random } from '@openkupe/contract';
import { createKeyedHash, randomHashKey } from '../crypto/keyed-hash.ts';
import { type AddressGroup, addressGroup, formatAddressGroup, readAddressGroup } from '../http/client-address/address-group.ts';
import type { Log } from '../log/log.ts';
import type { Admission, LimitRefusal, LimitView } from './admission.ts';
import { createDenialLog } from './denial-log.ts';
import type { RateLimit } from './gcra.ts';
import { createLimiter, type Decision, type LimitedRequest, type Limiter, type RequestIdentity } from './limiter.ts';
import { createProvenCredentials } from './proven-credentials.ts';
import { isNearLimit, policyOf, rateLimitFields, stateOf } from './rate-limit-fields.ts';

/**
 * "The API enforces rate limits per IP address. When you exceed the limit you get a 429 response with a Retry-After header." Per IPv4
 * address and per IPv6 /64, and more loosely per /48.
 */
export interface AddressLimit {
  /** Bytes of tables, taken at the start and never more. */
  readonly bytes: number;
  readonly metrics: AddressLimitMetrics;
  /** Decides about a request, before anything else is done with it. */
  admit(request: AddressRequest): Admission;
  /** Gives back what an admitted request was charged: reading the limits costs nothing once it is answered. */
  refund(address: string): void;
  /** Notes whether a credential was right. One that was has a share of its address's limit to itself. */
  noteCredential(credential: string, isValid: boolean): void;
  /** Every limit of an address, and what is left of it. Costs nothing. */
  show(address: string): LimitView[];
  /** Gives an address its full quota back. Returns whether anything was counted about it. */
  forgive(address: string): boolean;
}

/** A request as the limit sees it. Nothing of it is kept in clear. */
export interface AddressRequest {
  readonly address: string;
  /** The bearer token, if any. */
  readonly credential?: string | undefined;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Tells apart creates that are otherwise equal. */
  readonly idempotencyKey?: string | undefined;
}

/** The two limits that an address can meet. */
export type AddressScope = 'address' | 'network';

/** What was counted since the start. */
export interface AddressLimitMetrics {
  readonly allowed: number;
  /** Admitted with little left. */
  readonly nearLimit: number;
  readonly denied: Readonly<Record<AddressScope, number>>;
  /** What a limit that is only watched would have refused. */
  readonly shadowDenied: Readonly<Record<AddressScope, number>>;
  /** The share of entries that are in use. */
  readonly tableLoad: Readonly<Record<AddressScope, number>>;
  readonly evictions: Readonly<Record<AddressScope, number>>;
  readonly overflows: Readonly<Record<AddressScope, number>>;
}

/** What the limit needs, and how much memory it may take. */
export interface AddressLimitOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly random: Random;
  readonly log?: Pick<Log, 'warn'>;
  readonly address?: RateLimit;
  /** Addresses counted at once; about 26 bytes each. */
  readonly addresses?: number;
}

/** A /48 holds many homes or one large site; ten times an address is enough for either, also for clients that rotate addresses. */
const NETWORK_FACTOR = 10;
const ADDRESSES_PER_NETWORK = 8;
const ADDRESSES_PER_CREDENTIAL = 8;
/** The keyed hash costs nanoseconds per character; what is longer, as a token may be, is digested first. */
const LONGEST_HASHED = 256;
const ADMITTED: Admission = Object.freeze({ isAdmitted: true, headers: Object.freeze({}) });

interface Asked {
  readonly scope: AddressScope;
  readonly limiter: Limiter;
  readonly decision: Decision;
}

/** Creates the limit of one server process. Its memory is taken here and does not grow. */
export function createAddressLimit(options: AddressLimitOptions): AddressLimit {
  const { clock, random, log, address: limit = ADDRESS_RATE_LIMIT as RateLimit, addresses: keys = 2 ** 20 } = options;
  const { perSecond, burst } = limit;
  const ofNetwork = { ...limit, name: 'network', perSecond: perSecond * NETWORK_FACTOR, burst: burst * NETWORK_FACTOR };
  const limiters = {
    address: createLimiter({ limit, keys }),
    network: createLimiter({ limit: ofNetwork, keys: Math.ceil(keys / ADDRESSES_PER_NETWORK) }),
  };
  const scopesOf = (group: AddressGroup): readonly AddressScope[] => (group.family === 6 ? ['address', 'network'] : ['address']);
  const proven = createProvenCredentials(Math.ceil(keys / ADDRESSES_PER_CREDENTIAL));
  const counters = { allowed: 0, nearLimit: 0, denied: { address: 0, network: 0 }, shadowDenied: { address: 0, network: 0 } };
  const denials = createDenialLog(log);
  const hash = createKeyedHash(randomHashKey(random));

  /** Of the request in hand. */
  const group: AddressGroup = { family: 0, first: 0, second: 0 };

  const hashed = () => ({ low: hash.result[0] as number, high: hash.result[1] as number });
  const hashText = (text: string, scopeLow = 0, scopeHigh = 0) => {
    hash.text(text.length > LONGEST_HASHED ? digest('sha256', text, 'base64') : text, scopeLow, scopeHigh);
    return hashed();
  };
  const hashGroup = (scope: AddressScope, { family, first, second }: AddressGroup) => {
    hash.words(first, scope === 'network' ? second & 0xffff0000 : second, family);
    return hashed();
  };
  /** Who sends the request, and what names it among all others. Credentials that were not verified share the flow of their address. */
  const identify = (scope: AddressScope, group: AddressGroup, request: AddressRequest): RequestIdentity => {
    const credential = hashText(request.credential ?? '');
    const [low, high] = [credential.low ^ group.first, credential.high ^ group.second ^ group.family];
    const isTrusted = request.credential !== undefined && proven.has(credential.low, credential.high);
    const fingerprint = hashText(`${request.method} ${request.target} ${request.idempotencyKey ?? ''}`, low, high);
    if (!isTrusted) return { ...fingerprint, flow: { ...hashGroup(scope, group), isTrusted } };
    hash.words(low, high, 0);
    return { ...fingerprint, flow: { ...hashed(), isTrusted } };
  };
  const requestTo = (scope: AddressScope, group: AddressGroup, request: AddressRequest): LimitedRequest => ({
    ...hashGroup(scope, group),
    cost: 1,
    identify: () => identify(scope, group, request),
  });

  const refuse = (asked: readonly Asked[], group: AddressGroup, nowMs: number): LimitRefusal => {
    const refusing = asked.filter(({ decision, limiter }) => !decision.isAdmitted && !limiter.limit.isShadow);
    const waits = refusing.map(({ scope, limiter, decision }) => ({ scope, limiter, decision, ...limiter.refuse(decision, nowMs) }));
    const [last] = waits.toSorted((one, other) => other.seconds - one.seconds);
    if (!last) throw new Error('A request was refused by no limit');
    const { seconds: retryAfterSeconds, isFirst } = last;
    const policy = last.limiter.limit.name;
    counters.denied[last.scope] += 1;
    if (isFirst) denials.note(nowMs, { address: formatAddressGroup(group), policy, retryAfterSeconds });
    const states = waits.map(({ limiter, decision }) => {
      const state = stateOf(limiter.limit.name, decision.gcra, decision.tatMs, nowMs);
      return { ...state, resetSeconds: Math.min(state.resetSeconds, retryAfterSeconds) };
    });
    const headers = rateLimitFields(
      waits.map(({ limiter }) => policyOf(limiter.limit)),
      states,
      retryAfterSeconds * 1000,
    );
    // A slot that one limit keeps is worth nothing if the other one may refuse the request when it returns.
    const isReserved =
      last.isReserved &&
      asked.every(
        ({ limiter, decision: { isAdmitted, gcra, tatMs } }) =>
          limiter === last.limiter || (isAdmitted && !isNearLimit(gcra, tatMs, nowMs)),
      );
    return { isAdmitted: false, limit: 'address', policy, retryAfterSeconds, isReserved, headers };
  };

  const admitAll = (asked: readonly Asked[], nowMs: number): Admission => {
    counters.allowed += 1;
    const near: { limiter: Limiter; tatMs: number }[] = [];
    for (const { limiter, decision } of asked) {
      if (!decision.isAdmitted) continue;
      limiter.charge(decision, nowMs);
      const tatMs = Math.max(decision.tatMs, nowMs) + limiter.gcra.intervalMs;
      if (!limiter.limit.isShadow && isNearLimit(decision.gcra, tatMs, nowMs)) near.push({ limiter, tatMs });
    }
    if (near.length === 0) return ADMITTED;
    counters.nearLimit += 1;
    const states = near.map(({ limiter, tatMs }) => stateOf(limiter.limit.name, limiter.gcra, tatMs, nowMs));
    return {
      isAdmitted: true,
      headers: rateLimitFields(
        near.map(({ limiter }) => policyOf(limiter.limit)),
        states,
      ),
    };
  };

  return {
    bytes: limiters.address.bytes + limiters.network.bytes + proven.bytes,
    admit(request) {
      const nowMs = clock.monotonic();
      readAddressGroup(request.address, group);
      if (group.family !== 6) {
        hash.words(group.first, group.second, group.family);
        if (limiters.address.admitFar(hash.result[0] as number, hash.result[1] as number, nowMs)) {
          counters.allowed += 1;
          return ADMITTED;
        }
      }
      const asked = scopesOf(group).map((scope) => {
        const limiter = limiters[scope];
        return { scope, limiter, decision: limiter.ask(requestTo(scope, group, request), nowMs) };
      });
      let isAdmitted = true;
      for (const { scope, limiter, decision } of asked) {
        if (decision.isAdmitted) continue;
        if (limiter.limit.isShadow) counters.shadowDenied[scope] += 1;
        else isAdmitted = false;
      }
      return isAdmitted ? admitAll(asked, nowMs) : refuse(asked, group, nowMs);
    },
    refund(address) {
      const group = addressGroup(address);
      for (const scope of scopesOf(group)) {
        const { low, high } = hashGroup(scope, group);
        limiters[scope].refund(low, high, 'one');
      }
    },
    noteCredential(credential, isValid) {
      const { low, high } = hashText(credential);
      proven.note(low, high, isValid);
    },
    get metrics() {
      const nowMs = clock.monotonic();
      const { address, network } = limiters;
      const of = (read: (limiter: Limiter) => number) => ({ address: read(address), network: read(network) });
      return {
        ...counters,
        tableLoad: of(({ table }) => table.load(nowMs)),
        evictions: of(({ table }) => table.counters.evictions),
        overflows: of(({ table }) => table.counters.overflows),
      };
    },
    show(address) {
      const nowMs = clock.monotonic();
      const group = addressGroup(address);
      return scopesOf(group).map((scope) => {
        const limiter = limiters[scope];
        const { low, high } = hashGroup(scope, group);
        const state = stateOf(limiter.limit.name, limiter.gcra, limiter.tatMs(low, high, nowMs), nowMs);
        return { ...policyOf(limiter.limit), ...state, scope, isShadow: limiter.limit.isShadow ?? false };
      });
    },
    forgive(address) {
      const group = addressGroup(address);
      const known = scopesOf(group).map((scope) => {
        const { low, high } = hashGroup(scope, group);
        return limiters[scope].refund(low, high, 'all');
      });
      return known.includes(true);
    },
  };
}
