import type { Clock } from '@openkupe/contract';
import {
  type AddressLimit,
  type AddressRateLimit,
  type AddressRequest,
  type HashedRequest,
  networkLimitOf,
  VERIFY_FIRST,
} from './address-limit.ts';
import type { Admission, LimitView } from './admission.ts';
import { allowedAt, type Gcra, isDue, isNearLimit, type RateLimit, toGcra, wholeSeconds } from './gcra.ts';
import type { HashedKey } from './limiter.ts';
import { policyOf, rateLimitFields, stateOf } from './rate-limit-fields.ts';
import type { Charge, SharedDecision, SharedLimit, SharedRequest } from './shared-limit.ts';

/** What the shared limit of an address is made of. */
export interface SharedAddressLimitOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** The whole limit. */
  readonly address: RateLimit;
  /** Enforces the share of this process where the store does not answer; hashes with the key that all processes have. */
  readonly local: AddressLimit;
  readonly store: SharedLimit;
}

interface Bucket {
  readonly scope: 'address' | 'network';
  readonly limit: RateLimit;
  readonly gcra: Gcra;
}

const named = ({ low, high }: HashedKey) => `${(low >>> 0).toString(36)}.${(high >>> 0).toString(36)}`;
const bucketOf = (scope: Bucket['scope'], limit: RateLimit): Bucket => ({ scope, limit, gcra: toGcra(limit) });

/**
 * The limit of an address that several processes enforce together, as one would. A store decides about each request. What it admits is
 * charged to the share of this process as well, so that the share is used up as far as it was used when the store stops to answer; then
 * this process enforces limit ÷ processes, and says so in `RateLimit`. A flow that the store refuses is refused without asking it again
 * until something can have changed.
 */
export class SharedAddressLimit implements AddressRateLimit {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #local: AddressLimit;
  readonly #store: SharedLimit;
  readonly #address: Bucket;
  readonly #network: Bucket;
  #processes = 0;

  constructor({ clock, address, local, store }: SharedAddressLimitOptions) {
    this.#clock = clock;
    this.#local = local;
    this.#store = store;
    this.#address = bucketOf('address', address);
    this.#network = bucketOf('network', networkLimitOf(address));
  }

  get bytes(): number {
    return this.#local.bytes;
  }

  get metrics(): AddressLimit['metrics'] {
    return this.#local.metrics;
  }

  admit(request: AddressRequest): Admission | Promise<Admission> {
    if (!this.#store.isAvailable) return this.#enforceShare(request);
    const hashed = this.#local.hashed(request);
    const waitMs = this.#local.limiters.address.refusedUntilMs(hashed.flow) - this.#clock.monotonic();
    if (waitMs > 0) return this.#refuse(request, hashed, { waitMs, refusedForMs: waitMs, usedMs: this.#address.gcra.toleranceMs + waitMs });
    return this.#ask(request, hashed);
  }

  async #ask(request: AddressRequest, hashed: HashedRequest): Promise<Admission> {
    const decision = await this.#store.ask(sharedRequest(hashed), 1);
    if (!decision) return this.#enforceShare(request);
    return decision.outcome === 'admitted' ? this.#admitted(hashed, decision) : this.#refuse(request, hashed, decision);
  }

  /** The limiter of this process, with its share. No slot is reserved: another process, or the store, may answer when the request returns. */
  #enforceShare(request: AddressRequest): Admission {
    const admission = this.#share().admit(request);
    return admission.isAdmitted || !admission.isReserved ? admission : { ...admission, isReserved: false };
  }

  #share(): AddressLimit {
    const { processes } = this.#store;
    if (processes !== this.#processes) {
      this.#processes = processes;
      for (const limiter of Object.values(this.#local.limiters)) limiter.shareAmong(processes);
    }
    return this.#local;
  }

  #buckets({ network }: Pick<HashedRequest, 'network'>): readonly Bucket[] {
    return network ? [this.#address, this.#network] : [this.#address];
  }

  #admitted(hashed: HashedRequest, decision: SharedDecision): Admission {
    const { limiters, counters } = this.#share();
    const nowMs = this.#clock.monotonic();
    limiters.address.mirror(hashed.address.low, hashed.address.high, nowMs);
    if (hashed.network) limiters.network.mirror(hashed.network.low, hashed.network.high, nowMs);
    counters.allowed += 1;
    const near = this.#buckets(hashed).filter(({ limit, gcra, scope }) => !limit.isShadow && isNearLimit(gcra, usedOf(scope, decision), 0));
    if (near.length === 0) return { isAdmitted: true, headers: {} };
    counters.nearLimit += 1;
    const states = near.map(({ limit, gcra, scope }) => stateOf(limit.name, gcra, usedOf(scope, decision), 0));
    return {
      isAdmitted: true,
      headers: rateLimitFields(
        near.map(({ limit }) => policyOf(limit)),
        states,
      ),
    };
  }

  #refuse(
    request: AddressRequest,
    hashed: HashedRequest,
    decision: Partial<SharedDecision> & Pick<SharedDecision, 'waitMs' | 'usedMs'>,
  ): Admission {
    const { waitMs, usedMs, networkUsedMs = 0, refusedForMs = 0, outcome, isReserved = false } = decision;
    const { address, network } = this.#share().limiters;
    const nowMs = this.#clock.monotonic();
    const { limit, gcra, scope } = isDue(allowedAt(this.#network.gcra, networkUsedMs, 0), 0) ? this.#address : this.#network;
    if (limit.isShadow) {
      this.#local.counters.shadowDenied[scope] += 1;
      return { isAdmitted: true, headers: {} };
    }
    if (this.#local.mayVerify(request, nowMs)) return VERIFY_FIRST;
    const key = scope === 'network' ? hashed.network : hashed.address;
    const limiter = scope === 'network' ? network : address;
    const atMs = outcome === 'promised' ? nowMs + waitMs : limiter.spread(key ?? hashed.address, nowMs + waitMs, nowMs);
    const seconds = wholeSeconds(atMs, nowMs);
    const isFirst = address.noteRefusal(hashed, nowMs + refusedForMs, nowMs);
    this.#local.noteDenied(request.address, { scope, isFirst, policy: limit.name, retryAfterSeconds: seconds }, nowMs);
    const { resetSeconds } = stateOf(limit.name, gcra, scope === 'network' ? networkUsedMs : usedMs, 0);
    const state = { name: limit.name, remaining: 0, resetSeconds: Math.max(1, Math.min(resetSeconds, seconds)) };
    const headers = rateLimitFields([policyOf(limit)], [state], seconds * 1000);
    return { isAdmitted: false, limit: 'address', policy: limit.name, retryAfterSeconds: seconds, isReserved, headers };
  }

  #askAbout(address: string, charge: Charge): Promise<SharedDecision | undefined> {
    return this.#store.ask(sharedRequest(this.#local.hashed({ address, method: '', target: '' })), charge);
  }

  async refund(address: string): Promise<void> {
    this.#local.refund(address);
    await this.#askAbout(address, -1);
  }

  async forgive(address: string): Promise<boolean> {
    const hashed = this.#local.hashed({ address, method: '', target: '' });
    const wasKnown = await this.#store.forget(sharedRequest(hashed));
    return this.#local.forgive(address) || wasKnown;
  }

  noteCredential(credential: string, isValid: boolean): void {
    this.#local.noteCredential(credential, isValid);
  }

  async show(address: string): Promise<LimitView[]> {
    const decision = await this.#askAbout(address, 0);
    if (!decision) return this.#share().show(address);
    const hashed = this.#local.hashed({ address, method: '', target: '' });
    return this.#buckets(hashed).map(({ scope, limit, gcra }) => ({
      ...policyOf(limit),
      ...stateOf(limit.name, gcra, usedOf(scope, decision), 0),
      scope,
      isShadow: limit.isShadow ?? false,
    }));
  }
}

const usedOf = (scope: Bucket['scope'], { usedMs, networkUsedMs }: SharedDecision) => (scope === 'network' ? networkUsedMs : usedMs);

function sharedRequest({ address, network, flow, fingerprint, isTrusted, isCommon = false }: HashedRequest): SharedRequest {
  return {
    address: named(address),
    network: network && named(network),
    flow: flow.toString(36),
    fingerprint: fingerprint.toString(36),
    isTrusted,
    isCommon,
  };
}
