import type { KeyedHash } from '../crypto/keyed-hash.ts';
import type { AddressGroup } from '../http/client-address/address-group.ts';
import { type RateLimit, waitMs } from './gcra.ts';
import type { GuardHeaders, GuardRefusal } from './guard.ts';
import type { AddressScope, LimitView } from './guard-operation.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import { policyOf, rateLimitFields, stateForCaller, stateOf } from './rate-limit-fields.ts';

/** "The API enforces rate limits per IP address": the limit of an address, and for IPv6 the looser one of the /48 around it. */
export interface AddressRate {
  readonly bytes: number;
  readonly tables: Readonly<Record<AddressScope, Pick<Limiter, 'table' | 'lanes'>>>;
  /** Asks both limits. Nothing is charged yet. */
  ask(group: AddressGroup, laneOf: () => number, nowMs: number): 'admitted' | 'refused';
  /** Charges what was asked about; headers when little is left. */
  charge(nowMs: number): GuardHeaders | undefined;
  /** Charges what was asked about although there may be no room for it: it has been served. */
  chargeServed(): void;
  /** Keeps room for what was asked about, which may have to be charged later. Call what it returns once that is decided. */
  hold(): () => void;
  /** Promises what was asked about a slot. */
  refuse(nowMs: number): GuardRefusal & { readonly isFirst: boolean; readonly scope: AddressScope };
  show(group: AddressGroup, nowMs: number): LimitView[];
  forgive(group: AddressGroup): boolean;
}

export interface AddressRateOptions {
  readonly hash: KeyedHash;
  readonly address: RateLimit;
  readonly network: RateLimit;
  readonly addresses: number;
  readonly counters: { readonly shadowDenied: Record<AddressScope, number> };
}

/** One address in this many can be over its limit with its promises remembered. */
const ADDRESSES_PER_RECORD = 192;

export function createAddressRate(options: AddressRateOptions): AddressRate {
  const { hash, counters } = options;
  const size = (keys: number) => ({ slots: Math.ceil(keys), limitedKeys: Math.ceil(keys / ADDRESSES_PER_RECORD) });
  const addresses = createLimiter({ limit: options.address, ...size(options.addresses) });
  const networks = createLimiter({ limit: options.network, ...size(options.addresses / 8) });
  const alone: readonly Limiter[] = [addresses];
  const both: readonly Limiter[] = [addresses, networks];
  let asked = alone;
  /** How much is held of each key. Empty while nothing is: see {@link AddressRate.hold}. */
  const held = new Map<string, number>();

  const hashFor = (limiter: Limiter, group: AddressGroup) =>
    hash.words(group.first, limiter === networks ? group.second & 0xffff0000 : group.second, group.family);
  const limitersOf = (group: AddressGroup) => (group.family === 6 ? both : alone);
  const scopeOf = (limiter: Limiter): AddressScope => (limiter === networks ? 'network' : 'address');
  const heldKey = (limiter: Limiter) => `${scopeOf(limiter)}/${hash.result[0]}/${hash.result[1]}`;
  let askedGroup: AddressGroup = { family: 0, first: 0, second: 0 };

  return {
    bytes: addresses.bytes + networks.bytes,
    tables: { address: addresses, network: networks },
    ask(group, laneOf, nowMs) {
      asked = limitersOf(group);
      askedGroup = group;
      let outcome: 'admitted' | 'refused' = 'admitted';
      for (let at = 0; at < asked.length; at += 1) {
        const limiter = asked[at] as Limiter;
        hashFor(limiter, group);
        const heldHere = held.size === 0 ? 0 : (held.get(heldKey(limiter)) ?? 0);
        if (limiter.ask(hash.result[0] as number, hash.result[1] as number, laneOf, nowMs, 1, heldHere).isAdmitted) continue;
        if (limiter.limit.isShadow) counters.shadowDenied[scopeOf(limiter)] += 1;
        else outcome = 'refused';
      }
      return outcome;
    },
    charge(nowMs) {
      let isNear = false;
      for (let at = 0; at < asked.length; at += 1) {
        const limiter = asked[at] as Limiter;
        if (limiter.asked.isAdmitted) limiter.charge();
        if (limiter.asked.tatMs - nowMs > limiter.nearLimitMs && !limiter.limit.isShadow) isNear = true;
      }
      if (!isNear) return undefined;
      const near = asked.filter(({ asked, limit, nearLimitMs }) => !limit.isShadow && asked.tatMs - nowMs > nearLimitMs);
      return rateLimitFields(
        near.map(({ limit }) => policyOf(limit)),
        near.map(({ limit, asked }) => stateForCaller(limit.name, asked, nowMs)),
      );
    },
    chargeServed() {
      for (const limiter of asked) if (limiter.asked.isAdmitted || !limiter.limit.isShadow) limiter.charge();
    },
    hold() {
      const keys = asked.map((limiter) => {
        hashFor(limiter, askedGroup);
        return heldKey(limiter);
      });
      for (const key of keys) held.set(key, (held.get(key) ?? 0) + 1);
      return () => {
        for (const key of keys) {
          const left = (held.get(key) ?? 0) - 1;
          if (left > 0) held.set(key, left);
          else held.delete(key);
        }
      };
    },
    refuse(nowMs) {
      let retryAtMs = 0;
      let policy = '';
      let scope: AddressScope = 'address';
      let isFirst = false;
      let refusals = 0;
      let isReserved = false;
      const enforced = asked.filter(({ limit }) => !limit.isShadow);
      for (const limiter of enforced) {
        if (limiter.asked.isAdmitted) continue;
        const slotMs = limiter.reserve();
        isFirst ||= limiter.isFirstRefusal;
        refusals += 1;
        // Where two limits refuse, the later slot lies among those that the other one promised to others.
        isReserved = refusals === 1 && limiter.isOwnSlot;
        if (slotMs <= retryAtMs) continue;
        retryAtMs = slotMs;
        policy = limiter.limit.name;
        scope = scopeOf(limiter);
      }
      const retryAfterMs = waitMs(retryAtMs, nowMs);
      const headers = rateLimitFields(
        enforced.map(({ limit }) => policyOf(limit)),
        enforced.map(({ limit, asked }) => stateForCaller(limit.name, asked, nowMs)),
        retryAfterMs,
      );
      return { isAdmitted: false, limit: 'address', policy, retryAfterMs, isReserved, headers, isFirst, scope };
    },
    show(group, nowMs) {
      return limitersOf(group).map((limiter) => {
        hashFor(limiter, group);
        const tatMs = limiter.peek(hash.result[0] as number, hash.result[1] as number);
        const state = stateOf(limiter.limit.name, limiter.gcra, tatMs, nowMs);
        return { ...policyOf(limiter.limit), ...state, scope: scopeOf(limiter), isShadow: limiter.limit.isShadow ?? false };
      });
    },
    forgive(group) {
      let wasKnown = false;
      for (const limiter of limitersOf(group)) {
        hashFor(limiter, group);
        if (limiter.forgive(hash.result[0] as number, hash.result[1] as number)) wasKnown = true;
      }
      return wasKnown;
    },
  };
}
