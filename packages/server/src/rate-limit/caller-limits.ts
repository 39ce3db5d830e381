import type { Clock, Random } from '@openkupe/contract';
import { createKeyedHash, type KeyedHash, randomHashKey } from '../crypto/keyed-hash.ts';
import { KeyedCounts } from '../http/client-address/keyed-counts.ts';
import type { LimitHeaders, LimitView } from './admission.ts';
import type { RateLimit } from './gcra.ts';
import { type LimitedRequest, Limiter, nameOf } from './limiter.ts';
import { type Asked, chargeAll, longestOf, type Refusing, refuseBy, viewOf } from './several-limits.ts';

/** Limits of a caller whose identity is known, asked after authentication. Each is optional. */
export interface CallerPolicies {
  readonly key?: RateLimit;
  readonly tenant?: RateLimit;
  /** How many requests of one tenant may run at the same time. */
  readonly tenantInFlight?: { readonly name: string; readonly most: number; readonly isShadow?: boolean };
}

/** Whose request it is. */
export interface Caller {
  readonly tenant: string;
  /** What names the key, such as its id; never a secret. */
  readonly key: string;
}

/** A request of a caller: what it weighs, see {@link requestCost}, and what names it among others of the same caller. */
export interface CallerRequest {
  readonly cost: number;
  readonly name: string;
}

/** What the limits say of a request. */
export type CallerAdmission =
  /** `end` is to be called once, when the answer is decided. */
  | { readonly isAdmitted: true; readonly headers: LimitHeaders; end(): void }
  /** A 429. */
  | { readonly isAdmitted: false; readonly policy: string; readonly retryAfterSeconds: number; readonly headers: LimitHeaders };

/** What a policy counts by. */
export type CallerScope = 'key' | 'tenant' | 'concurrency';

/** What the limits need, and what they enforce. */
export interface CallerLimitsOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly random: Random;
  readonly policies: CallerPolicies;
  /** Keys, and tenants, that can be counted at once. */
  readonly callers?: number;
}

const CALLERS = 65_536;
/** What a write weighs, which is more than anything else. */
const MOST_COST = 5;
/** Equal reads that wait for nothing look like a pool that returns in time, so that no flow may queue long before the writes of another. */
const MOST_PROMISED_SECONDS = 1;
const NO_HEADERS: LimitHeaders = Object.freeze({});

/** What a request weighs: a list reads many rows, a write is a transaction. */
export function requestCost(request: { readonly method: string; readonly isList: boolean }): number {
  if (request.method === 'GET' || request.method === 'HEAD') return request.isList ? 2 : 1;
  return MOST_COST;
}

/** The `Retry-After` of a tenant that runs as much as it may: how long its requests take is not known. */
const CONCURRENCY_WAIT_SECONDS = 1;

interface Row {
  readonly scope: 'key' | 'tenant';
  readonly limiter: Limiter;
}

/** The limits of keys and tenants of one server process. */
export class CallerLimits {
  readonly bytes: number;
  readonly counters = { denied: { key: 0, tenant: 0, concurrency: 0 }, shadowDenied: { key: 0, tenant: 0, concurrency: 0 } };
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #hash: KeyedHash;
  readonly #rows: readonly Row[];
  readonly #cap: CallerPolicies['tenantInFlight'];
  /** Requests that run, by tenant; counted only where that is limited. */
  readonly #running = new KeyedCounts();

  /** Throws a RangeError for a policy that no bucket can keep. */
  constructor({ clock, random, policies, callers = CALLERS }: CallerLimitsOptions) {
    this.#clock = clock;
    this.#hash = createKeyedHash(randomHashKey(random));
    this.#rows = (['key', 'tenant'] as const).flatMap((scope) => {
      const limit = policies[scope];
      return limit
        ? [{ scope, limiter: new Limiter({ limit, keys: callers, mostCost: MOST_COST, mostPromisedSeconds: MOST_PROMISED_SECONDS }) }]
        : [];
    });
    this.bytes = this.#rows.reduce((sum, { limiter }) => sum + limiter.bytes, 0);
    this.#cap = policies.tenantInFlight;
  }

  #hashed(text: string): Pick<LimitedRequest, 'low' | 'high'> {
    this.#hash.text(text);
    return { low: this.#hash.result[0] as number, high: this.#hash.result[1] as number };
  }

  #keyOf({ scope }: Row, { tenant, key }: Caller): Pick<LimitedRequest, 'low' | 'high'> {
    return this.#hashed(scope === 'key' ? `${tenant}/${key}` : tenant);
  }

  #ask(row: Row, caller: Caller, { cost, name }: CallerRequest, nowMs: number): Asked<'key' | 'tenant'> {
    const who = `${caller.tenant}/${caller.key}`;
    // Within a key or a tenant, what weighs much has a flow of its own, or what weighs little would leave it nothing.
    const nameIt = (text: string) => nameOf(this.#hashed(text));
    const identify = () => ({ flow: nameIt(`${who}/${cost}`), isTrusted: true, fingerprint: nameIt(`${who} ${name}`) });
    return { ...row, decision: row.limiter.ask({ ...this.#keyOf(row, caller), cost, identify }, nowMs) };
  }

  /** The cap on what runs at the same time, where it refuses. */
  #refuseByCap(tenant: string): readonly Refusing<CallerScope>[] {
    if (!this.#cap || this.#running.of(tenant) < this.#cap.most) return [];
    const { name, most, isShadow } = this.#cap;
    if (isShadow) {
      this.counters.shadowDenied.concurrency += 1;
      return [];
    }
    const [policy, state] = [
      { name, quota: most },
      { name, remaining: 0, resetSeconds: CONCURRENCY_WAIT_SECONDS },
    ];
    return [{ scope: 'concurrency', policy, state, seconds: CONCURRENCY_WAIT_SECONDS, isReserved: false, isFirst: false }];
  }

  /** Asks every policy, then charges all or none. */
  admit(caller: Caller, request: CallerRequest): CallerAdmission {
    const nowMs = this.#clock.monotonic();
    const asked = this.#rows.map((row) => this.#ask(row, caller, request, nowMs));
    const refusing = [...refuseBy(asked, this.counters.shadowDenied, nowMs), ...this.#refuseByCap(caller.tenant)];
    if (refusing.length > 0) {
      const { last, headers } = longestOf<CallerScope>(refusing);
      this.counters.denied[last.scope] += 1;
      return { isAdmitted: false, policy: last.policy.name, retryAfterSeconds: last.seconds, headers };
    }
    const headers = chargeAll(asked, nowMs) ?? NO_HEADERS;
    if (!this.#cap) return { isAdmitted: true, headers, end: () => {} };
    this.#running.add(caller.tenant, 1);
    let isRunning = true;
    const end = () => {
      if (isRunning) this.#running.add(caller.tenant, -1);
      isRunning = false;
    };
    return { isAdmitted: true, headers, end };
  }

  /** The caller's policies and what is left of them. Costs nothing. */
  show(caller: Caller): LimitView[] {
    const nowMs = this.#clock.monotonic();
    const views = this.#rows.map((row) => viewOf({ scope: row.scope, ...row.limiter.bucket(this.#keyOf(row, caller), nowMs) }, nowMs));
    if (!this.#cap) return views;
    const { name, most, isShadow = false } = this.#cap;
    const remaining = Math.max(0, most - this.#running.of(caller.tenant));
    return [...views, { name, quota: most, scope: 'tenant', remaining, resetSeconds: remaining > 0 ? 0 : 1, isShadow }];
  }
}
