import { hash as digest } from 'node:crypto';
import { ADDRESS_RATE_LIMIT, type Clock, type Random } from '@openkupe/contract';
import { createKeyedHash, type HashKey, type KeyedHash, randomHashKey } from '../crypto/keyed-hash.ts';
import { type AddressGroup, addressGroup, formatAddressGroup, readAddressGroup } from '../http/client-address/address-group.ts';
import type { Log, LogFields } from '../log/log.ts';
import type { Admission, LimitRefusal, LimitView } from './admission.ts';
import { DenialLog } from './denial-log.ts';
import { isNearLimit, type RateLimit } from './gcra.ts';
import { type HashedKey, type LimitedRequest, Limiter, nameOf, type RequestIdentity } from './limiter.ts';
import { ProvenCredentials } from './proven-credentials.ts';
import { type Asked, chargeAll, longestOf, type Refusing, refuseBy, viewOf } from './several-limits.ts';

/** A request as the limit sees it. Nothing of it is kept in clear. */
export interface AddressRequest {
  readonly address: string;
  /** The bearer token, if any. */
  readonly credential?: string | undefined;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** What else tells it apart from others, such as its idempotency key. */
  readonly mark?: string | undefined;
  /** A list, or a create without a key: others may well ask for the same at the same time, and no slot is said to be reserved. */
  readonly isCommon?: boolean;
  /** Its credential can be verified now: see {@link VERIFY_FIRST}. */
  readonly isVerifiable?: boolean;
}

/** The two limits that an address can meet. */
export type AddressScope = 'address' | 'network';

/** What the limit needs, and how much memory it may take. */
export interface AddressLimitOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly random: Random;
  readonly log?: Pick<Log, 'warn'>;
  readonly address?: RateLimit;
  /** Addresses counted at once; about 26 bytes each. */
  readonly addresses?: number;
  /** The key of the hash, where several processes have to agree about it. */
  readonly hashKey?: HashKey;
}

/** A request by keyed hashes: its address, the /48 of an IPv6 address, who sends it and what names it. */
export interface HashedRequest extends RequestIdentity {
  readonly address: HashedKey;
  readonly network: HashedKey | undefined;
}

/** The limit per address as it is used: of one process, or of several that share a store. */
export interface AddressRateLimit {
  readonly bytes: number;
  readonly metrics: AddressLimit['metrics'];
  /** Decides about a request, before anything else is done with it. */
  admit(request: AddressRequest): Admission | Promise<Admission>;
  refund(address: string): void | Promise<void>;
  forgive(address: string): boolean | Promise<boolean>;
  noteCredential(address: string, credential: string, isValid: boolean): void;
  show(address: string): LimitView[] | Promise<LimitView[]>;
}

/** A /48 holds many homes or one large site; ten times an address is enough for either, also for clients that rotate addresses. */
const NETWORK_FACTOR = 10;
const ADDRESSES_PER_NETWORK = 8;
const ADDRESSES_PER_CREDENTIAL = 8;
const ADDRESSES_PER_VERIFICATION = 256;
/** Credentials of refused requests that may be verified, as a multiple of the requests that may be served. */
const VERIFICATION_FACTOR = 10;
/** The keyed hash costs nanoseconds per character; what is longer, as a token may be, is digested first. */
const LONGEST_HASHED = 256;
/** The answer to a request that would be refused, and whose credential is worth verifying first. Nothing was charged to the limit; it is to be asked about again. */
export const VERIFY_FIRST: Admission = Object.freeze({
  isAdmitted: false,
  limit: 'address',
  policy: '',
  retryAfterSeconds: 1,
  isReserved: false,
  headers: Object.freeze({}),
});
const ADMITTED: Admission = Object.freeze({ isAdmitted: true, headers: Object.freeze({}) });

/** The limit of a /48 beside that of an address. */
export function networkLimitOf(limit: RateLimit): RateLimit {
  return { ...limit, name: 'network', perSecond: limit.perSecond * NETWORK_FACTOR, burst: limit.burst * NETWORK_FACTOR };
}

const scopesOf = (group: AddressGroup): readonly AddressScope[] => (group.family === 6 ? ['address', 'network'] : ['address']);

/**
 * "The API enforces rate limits per IP address. When you exceed the limit you get a 429 response with a Retry-After header." Per IPv4
 * address and per IPv6 /64, and more loosely per /48. One server process has one; its memory is taken at the start and does not grow.
 */
export class AddressLimit implements AddressRateLimit {
  readonly bytes: number;
  readonly limiters: Readonly<Record<AddressScope, Limiter>>;
  readonly counters = { allowed: 0, nearLimit: 0, denied: { address: 0, network: 0 }, shadowDenied: { address: 0, network: 0 } };
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #proven: ProvenCredentials;
  readonly #verifications: Limiter;
  readonly #denials: DenialLog;
  readonly #hash: KeyedHash;
  /** Of the request in hand. */
  readonly #group: AddressGroup = { family: 0, first: 0, second: 0 };

  constructor({ clock, random, log, hashKey, address: limit = ADDRESS_RATE_LIMIT, addresses: keys = 2 ** 20 }: AddressLimitOptions) {
    const address = new Limiter({ limit, keys });
    const network = new Limiter({ limit: networkLimitOf(limit), keys: Math.ceil(keys / ADDRESSES_PER_NETWORK) });
    this.#clock = clock;
    this.limiters = { address, network };
    this.#proven = new ProvenCredentials(Math.ceil(keys / ADDRESSES_PER_CREDENTIAL));
    const often = VERIFICATION_FACTOR * limit.perSecond;
    const ofVerifications = { ...limit, name: 'verification', perSecond: often, burst: Math.max(1, Math.round(often)) };
    this.#verifications = new Limiter({ limit: ofVerifications, keys: Math.ceil(keys / ADDRESSES_PER_VERIFICATION) });
    this.#denials = new DenialLog(log);
    this.#hash = createKeyedHash(hashKey ?? randomHashKey(random));
    this.bytes = address.bytes + network.bytes + this.#proven.bytes + this.#verifications.bytes;
  }

  #hashed(): HashedKey {
    return { low: this.#hash.result[0] as number, high: this.#hash.result[1] as number };
  }

  #hashText(text: string, scopeLow = 0, scopeHigh = 0): HashedKey {
    this.#hash.text(text.length > LONGEST_HASHED ? digest('sha256', text, 'base64') : text, scopeLow, scopeHigh);
    return this.#hashed();
  }

  #hashGroup(scope: AddressScope, { family, first, second }: AddressGroup): HashedKey {
    this.#hash.words(first, scope === 'network' ? second & 0xffff0000 : second, family);
    return this.#hashed();
  }

  /** A credential at the address that was read last. */
  #hashCredential(credential: string): HashedKey {
    const { family, first, second } = this.#group;
    const { low, high } = this.#hashText(credential);
    return { low: low ^ first, high: high ^ second ^ family };
  }

  /** Who sends the request, and what names it among all others. Credentials that were not verified share the flow of their address. */
  #identify(scope: AddressScope, request: AddressRequest): RequestIdentity {
    const { method, target, mark = '', isCommon } = request;
    const { low, high } = this.#hashCredential(request.credential ?? '');
    const isTrusted = request.credential !== undefined && this.#proven.has(low, high);
    const fingerprint = nameOf(this.#hashText(`${method} ${target} ${mark}`, low, high));
    if (!isTrusted) return { flow: nameOf(this.#hashGroup(scope, this.#group)), isTrusted, fingerprint, isCommon };
    this.#hash.words(low, high, 0);
    return { flow: nameOf(this.#hashed()), isTrusted, fingerprint, isCommon };
  }

  #ask(scope: AddressScope, request: AddressRequest, nowMs: number): Asked<AddressScope> {
    const limiter = this.limiters[scope];
    const identify = () => this.#identify(scope, request);
    const limited: LimitedRequest = { ...this.#hashGroup(scope, this.#group), cost: 1, identify };
    return { scope, limiter, decision: limiter.ask(limited, nowMs) };
  }

  #refuse(
    address: string,
    refusing: readonly Refusing<AddressScope>[],
    asked: readonly Asked<AddressScope>[],
    nowMs: number,
  ): LimitRefusal {
    const { last, headers } = longestOf(refusing);
    const { seconds: retryAfterSeconds, policy, scope } = last;
    this.noteDenied(address, { scope, isFirst: last.isFirst, policy: policy.name, retryAfterSeconds }, nowMs);
    // A slot that one limit keeps is worth nothing if the other one may refuse the request when it returns.
    const isFarFrom = ({ decision: { isAdmitted, gcra, tatMs } }: Asked<AddressScope>) => isAdmitted && !isNearLimit(gcra, tatMs, nowMs);
    const isReserved = last.isReserved && asked.every((one) => one.scope === scope || isFarFrom(one));
    return { isAdmitted: false, limit: 'address', policy: policy.name, retryAfterSeconds, isReserved, headers };
  }

  /**
   * Whether a credential may be verified because its request would be refused: unproven credentials share a flow, so that a flood of wrong
   * ones would keep a right one out that is new at its address. Bounded per IPv4 address and per /48, because each costs a look-up and a /48
   * holds 65,536 networks.
   */
  mayVerify({ credential = '', isVerifiable = false, address }: AddressRequest, nowMs: number): boolean {
    if (!isVerifiable) return false;
    readAddressGroup(address, this.#group);
    const { low, high } = this.#hashCredential(credential);
    if (this.#proven.has(low, high)) return false;
    const group = this.#hashGroup('network', this.#group);
    return this.#verifications.admitFar(group.low, group.high, nowMs);
  }

  /** The request by keyed hashes. */
  hashed(request: AddressRequest): HashedRequest {
    const group = this.#group;
    readAddressGroup(request.address, group);
    const address = this.#hashGroup('address', group);
    const network = group.family === 6 ? this.#hashGroup('network', group) : undefined;
    return { address, network, ...this.#identify('address', request) };
  }

  /** Counts a refusal, and logs the first one of an episode. */
  noteDenied(address: string, { scope, isFirst, ...fields }: { scope: AddressScope; isFirst: boolean } & LogFields, nowMs: number): void {
    this.counters.denied[scope] += 1;
    if (isFirst) this.#denials.note(nowMs, { address: formatAddressGroup(addressGroup(address)), ...fields });
  }

  admit(request: AddressRequest): Admission {
    const nowMs = this.#clock.monotonic();
    const group = this.#group;
    readAddressGroup(request.address, group);
    if (group.family !== 6) {
      this.#hash.words(group.first, group.second, group.family);
      if (this.limiters.address.admitFar(this.#hash.result[0] as number, this.#hash.result[1] as number, nowMs)) {
        this.counters.allowed += 1;
        return ADMITTED;
      }
    }
    const asked = scopesOf(group).map((scope) => this.#ask(scope, request, nowMs));
    if (asked.some(({ decision }) => !decision.isAdmitted) && this.mayVerify(request, nowMs)) return VERIFY_FIRST;
    const refusing = refuseBy(asked, this.counters.shadowDenied, nowMs);
    if (refusing.length > 0) return this.#refuse(request.address, refusing, asked, nowMs);
    const headers = chargeAll(asked, nowMs);
    this.counters.allowed += 1;
    if (!headers) return ADMITTED;
    this.counters.nearLimit += 1;
    return { isAdmitted: true, headers };
  }

  /** Gives back what an admitted request was charged: reading the limits costs nothing once it is answered. */
  refund(address: string): void {
    this.#giveBack(address, 'one');
  }

  /** Gives an address its full quota back. Returns whether anything was counted about it. */
  forgive(address: string): boolean {
    return this.#giveBack(address, 'all');
  }

  #giveBack(address: string, amount: 'one' | 'all'): boolean {
    const group = addressGroup(address);
    const known = scopesOf(group).map((scope) => {
      const { low, high } = this.#hashGroup(scope, group);
      return this.limiters[scope].refund(low, high, amount);
    });
    return known.includes(true);
  }

  /**
   * Notes whether a credential was right at an address. One that was has a share of the limit of that address to itself, and of no other:
   * a key that is refused elsewhere is refused as a wrong one is, and says nothing about where it is right.
   */
  noteCredential(address: string, credential: string, isValid: boolean): void {
    readAddressGroup(address, this.#group);
    const { low, high } = this.#hashCredential(credential);
    this.#proven.note(low, high, isValid);
  }

  /** Every limit of an address, and what is left of it. Costs nothing. */
  show(address: string): LimitView[] {
    const nowMs = this.#clock.monotonic();
    const group = addressGroup(address);
    return scopesOf(group).map((scope) => viewOf({ scope, ...this.limiters[scope].bucket(this.#hashGroup(scope, group), nowMs) }, nowMs));
  }

  /** What was counted since the start: `nearLimit` were admitted with little left, `shadowDenied` would have been refused by a watched limit. */
  get metrics() {
    const nowMs = this.#clock.monotonic();
    const { address, network } = this.limiters;
    const of = (read: (limiter: Limiter) => number) => ({ address: read(address), network: read(network) });
    return {
      ...this.counters,
      tableLoad: of(({ table }) => table.load(nowMs)),
      evictions: of(({ table }) => table.counters.evictions),
      overflows: of(({ table }) => table.counters.overflows),
    };
  }
}
