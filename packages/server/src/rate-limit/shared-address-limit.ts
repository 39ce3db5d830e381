import type { Clock } from '@openkupe/contract';
import {
  type AddressLimit,
  type AddressRateLimit,
  type AddressRequest,
  type AddressScope,
  type HashedRequest,
  networkLimitOf,
  VERIFY_FIRST,
} from './address-limit.ts';
import type { Admission, LimitView } from './admission.ts';
import { allowedAt, type Gcra, isDue, isNearLimit, type RateLimit, toGcra, wholeSeconds } from './gcra.ts';
import type { HashedKey } from './limiter.ts';
import { policyOf, rateLimitFields } from './rate-limit-fields.ts';
import { type Bucket, fieldsOf, refusedState, viewOf } from './several-limits.ts';
import type { Charge, SharedDecision, SharedLimit, SharedRequest } from './shared-limit.ts';
import { EARLY_MS } from './waits.ts';

/** What the shared limit of an address is made of. */
export interface SharedAddressLimitOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** The whole limit. */
  readonly address: RateLimit;
  /** Enforces the share of this process where the store does not answer; hashes with the key that all processes have. */
  readonly local: AddressLimit;
  readonly store: SharedLimit;
}

interface Whole {
  readonly scope: AddressScope;
  readonly limit: RateLimit;
  readonly gcra: Gcra;
}

/** A flow that the store refuses is asked about again after this time at the latest: an operator may have forgiven its address meanwhile. */
const LONGEST_REFUSED_MS = 1_000;

const named = ({ low, high }: HashedKey) => `${(low >>> 0).toString(36)}.${(high >>> 0).toString(36)}`;
const wholeOf = (scope: AddressScope, limit: RateLimit): Whole => ({ scope, limit, gcra: toGcra(limit) });

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
  readonly #address: Whole;
  readonly #network: Whole;
  #processes = 0;

  constructor({ clock, address, local, store }: SharedAddressLimitOptions) {
    this.#clock = clock;
    this.#local = local;
    this.#store = store;
    this.#address = wholeOf('address', address);
    this.#network = wholeOf('network', networkLimitOf(address));
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
    const { refusedUntilMs = 0 } = this.#local.limiters.address.flows.find(hashed.flow) ?? {};
    const waitMs = refusedUntilMs - this.#clock.monotonic();
    if (waitMs > 0) return this.#refuse(request, hashed, { waitMs, usedMs: this.#address.gcra.toleranceMs + waitMs });
    return this.#ask(request, hashed);
  }

  async #ask(request: AddressRequest, hashed: HashedRequest): Promise<Admission> {
    const askedMs = this.#clock.monotonic();
    const decision = await this.#store.ask(sharedRequest(hashed), 1);
    if (!decision) return this.#enforceShare(request);
    if (decision.outcome === 'admitted') return this.#admitted(hashed, decision);
    // The store decided at some moment since it was asked. Were more refused here than it would, a slot that is kept could be refused.
    const flow = this.#local.limiters.address.flows.of(hashed.flow);
    flow.refusedUntilMs = askedMs + Math.min(decision.refusedForMs - EARLY_MS, LONGEST_REFUSED_MS);
    return this.#refuse(request, hashed, decision);
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

  /** What is used of the whole limits, on a clock that reads 0 now. */
  #buckets({ network }: HashedRequest, { usedMs, networkUsedMs }: SharedDecision): readonly Bucket<AddressScope>[] {
    const address = { ...this.#address, tatMs: usedMs };
    return network ? [address, { ...this.#network, tatMs: networkUsedMs }] : [address];
  }

  #admitted(hashed: HashedRequest, decision: SharedDecision): Admission {
    const { limiters, counters } = this.#share();
    const nowMs = this.#clock.monotonic();
    limiters.address.mirror(hashed.address.low, hashed.address.high, nowMs);
    if (hashed.network) limiters.network.mirror(hashed.network.low, hashed.network.high, nowMs);
    counters.allowed += 1;
    const near = this.#buckets(hashed, decision).filter(({ limit, gcra, tatMs }) => !limit.isShadow && isNearLimit(gcra, tatMs, 0));
    if (near.length === 0) return { isAdmitted: true, headers: {} };
    counters.nearLimit += 1;
    return { isAdmitted: true, headers: fieldsOf(near, 0) };
  }

  #refuse(
    request: AddressRequest,
    hashed: HashedRequest,
    decision: Partial<SharedDecision> & Pick<SharedDecision, 'waitMs' | 'usedMs'>,
  ): Admission {
    const { waitMs, usedMs, networkUsedMs = 0, outcome, isReserved = false } = decision;
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
    const isFirst = address.flows.of(hashed.flow).noteRefusal(hashed.isTrusted, nowMs);
    this.#local.noteDenied(request.address, { scope, isFirst, policy: limit.name, retryAfterSeconds: seconds }, nowMs);
    const state = refusedState({ limit, gcra, tatMs: scope === 'network' ? networkUsedMs : usedMs }, seconds, 0);
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

  noteCredential(address: string, credential: string, isValid: boolean): void {
    this.#local.noteCredential(address, credential, isValid);
  }

  async show(address: string): Promise<LimitView[]> {
    const decision = await this.#askAbout(address, 0);
    if (!decision) return this.#share().show(address);
    const hashed = this.#local.hashed({ address, method: '', target: '' });
    return this.#buckets(hashed, decision).map((bucket) => viewOf(bucket, 0));
  }
}

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
