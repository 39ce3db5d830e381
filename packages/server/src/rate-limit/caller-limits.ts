import type { Clock, Random, RateLimitPolicy, RateLimitState } from '@openkupe/contract';
import { createKeyedHash, randomHashKey } from '../crypto/keyed-hash.ts';
import { KeyedCounts } from '../http/client-address/keyed-counts.ts';
import type { LimitHeaders, LimitView } from './admission.ts';
import type { RateLimit } from './gcra.ts';
import { createLimiter, type Decision, type Limiter } from './limiter.ts';
import { isNearLimit, policyOf, rateLimitFields, stateOf } from './rate-limit-fields.ts';

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

/** What was refused since the start, by the policy that a refusal names. */
export interface CallerCounters {
  readonly denied: Readonly<Record<CallerScope, number>>;
  readonly shadowDenied: Readonly<Record<CallerScope, number>>;
}

/** What a policy counts by. */
export type CallerScope = 'key' | 'tenant' | 'concurrency';

/** The limits of keys and tenants of one server process. */
export interface CallerLimits {
  readonly bytes: number;
  readonly counters: CallerCounters;
  /** Asks every policy, then charges all or none. */
  admit(caller: Caller, request: CallerRequest): CallerAdmission;
  /** The caller's policies and what is left of them. Costs nothing. */
  show(caller: Caller): LimitView[];
}

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
const NOTHING = () => {};
const NO_HEADERS: LimitHeaders = Object.freeze({});

/** What a request weighs: a list reads many rows, a write is a transaction. */
export function requestCost(request: { readonly method: string; readonly isList: boolean }): number {
  if (request.method === 'GET' || request.method === 'HEAD') return request.isList ? 2 : 1;
  return MOST_COST;
}

interface Row {
  readonly scope: 'key' | 'tenant';
  readonly limiter: Limiter;
}

interface Asked extends Row {
  readonly decision: Decision;
}

/** What one policy says of a request that was refused. */
interface Refusing {
  readonly scope: CallerScope;
  readonly policy: RateLimitPolicy;
  readonly seconds: number;
  readonly state: RateLimitState;
}

/** The `Retry-After` of a tenant that runs as much as it may: how long its requests take is not known. */
const CONCURRENCY_WAIT_SECONDS = 1;

/** Creates the limits. Throws a RangeError for a policy that no bucket can keep. */
export function createCallerLimits(options: CallerLimitsOptions): CallerLimits {
  const { clock, policies, callers = CALLERS } = options;
  const hash = createKeyedHash(randomHashKey(options.random));
  const rows: Row[] = (['key', 'tenant'] as const).flatMap((scope) => {
    const limit = policies[scope];
    return limit ? [{ scope, limiter: createLimiter({ limit, keys: callers, mostCost: MOST_COST }) }] : [];
  });
  const cap = policies.tenantInFlight;
  /** Requests that run, by tenant; counted only where that is limited. */
  const running = new KeyedCounts();
  const capPolicy = (): RateLimitPolicy => ({ name: cap?.name ?? '', quota: cap?.most ?? 0 });
  const counters = { denied: { key: 0, tenant: 0, concurrency: 0 }, shadowDenied: { key: 0, tenant: 0, concurrency: 0 } };

  const hashed = (text: string) => {
    hash.text(text);
    return { low: hash.result[0] as number, high: hash.result[1] as number };
  };
  const keyOf = ({ scope }: Row, caller: Caller) => hashed(scope === 'key' ? `${caller.tenant}/${caller.key}` : caller.tenant);
  const ask = (row: Row, caller: Caller, request: CallerRequest, nowMs: number): Asked => {
    // Within a key or a tenant, what weighs much has a flow of its own, or what weighs little would leave it nothing.
    const identify = () => ({
      flow: { ...hashed(`${caller.tenant}/${caller.key}/${request.cost}`), isTrusted: true },
      ...hashed(`${caller.tenant}/${caller.key} ${request.name}`),
    });
    return { ...row, decision: row.limiter.ask({ ...keyOf(row, caller), cost: request.cost, identify }, nowMs) };
  };

  const refuseBy = ({ scope, limiter, decision }: Asked, nowMs: number): Refusing => {
    const { seconds } = limiter.refuse(decision, nowMs);
    // Nothing is left for this request, whatever would do for one that weighs less.
    const { resetSeconds } = stateOf(limiter.limit.name, decision.gcra, decision.tatMs, nowMs);
    const state = { name: limiter.limit.name, remaining: 0, resetSeconds: Math.max(1, Math.min(seconds, resetSeconds)) };
    return { scope, policy: policyOf(limiter.limit), seconds, state };
  };
  const refuseByCap = (): Refusing => {
    const seconds = CONCURRENCY_WAIT_SECONDS;
    const policy = capPolicy();
    return { scope: 'concurrency', policy, seconds, state: { name: policy.name, remaining: 0, resetSeconds: seconds } };
  };
  const refuse = (refusing: readonly Refusing[]): CallerAdmission => {
    const last = refusing.reduce((latest, one) => (one.seconds > latest.seconds ? one : latest));
    counters.denied[last.scope] += 1;
    const headers = rateLimitFields(
      refusing.map(({ policy }) => policy),
      refusing.map(({ state }) => state),
      last.seconds * 1000,
    );
    return { isAdmitted: false, policy: last.policy.name, retryAfterSeconds: last.seconds, headers };
  };
  const headersOf = (admitted: readonly Asked[], nowMs: number): LimitHeaders => {
    const near = admitted.flatMap(({ limiter, decision }) => {
      const tatMs = Math.max(decision.tatMs, nowMs) + decision.cost * limiter.gcra.intervalMs;
      return !limiter.limit.isShadow && isNearLimit(limiter.gcra, tatMs, nowMs) ? [{ limiter, tatMs }] : [];
    });
    if (near.length === 0) return NO_HEADERS;
    return rateLimitFields(
      near.map(({ limiter }) => policyOf(limiter.limit)),
      near.map(({ limiter, tatMs }) => stateOf(limiter.limit.name, limiter.gcra, tatMs, nowMs)),
    );
  };

  return {
    bytes: rows.reduce((sum, { limiter }) => sum + limiter.bytes, 0),
    counters,
    admit(caller, request) {
      const nowMs = clock.monotonic();
      const asked = rows.map((row) => ask(row, caller, request, nowMs));
      const isOverCap = cap !== undefined && running.of(caller.tenant) >= cap.most;
      const isFull = isOverCap && !cap.isShadow;
      if (isOverCap && !isFull) counters.shadowDenied.concurrency += 1;
      const over = asked.filter(({ decision }) => !decision.isAdmitted);
      for (const { scope, limiter } of over) if (limiter.limit.isShadow) counters.shadowDenied[scope] += 1;
      const refusing = over.filter(({ limiter }) => !limiter.limit.isShadow).map((one) => refuseBy(one, nowMs));
      if (isFull) refusing.push(refuseByCap());
      if (refusing.length > 0) return refuse(refusing);

      const admitted = asked.filter(({ decision }) => decision.isAdmitted);
      for (const { limiter, decision } of admitted) limiter.charge(decision, nowMs);
      const headers = headersOf(admitted, nowMs);
      if (!cap) return { isAdmitted: true, headers, end: NOTHING };
      running.add(caller.tenant, 1);
      let isRunning = true;
      const end = () => {
        if (isRunning) running.add(caller.tenant, -1);
        isRunning = false;
      };
      return { isAdmitted: true, headers, end };
    },
    show(caller) {
      const nowMs = clock.monotonic();
      const views: LimitView[] = rows.map((row) => {
        const { limiter, scope } = row;
        const { low, high } = keyOf(row, caller);
        const state = stateOf(limiter.limit.name, limiter.gcra, limiter.tatMs(low, high, nowMs), nowMs);
        return { ...policyOf(limiter.limit), ...state, scope, isShadow: limiter.limit.isShadow ?? false };
      });
      if (!cap) return views;
      const remaining = Math.max(0, cap.most - running.of(caller.tenant));
      const isShadow = cap.isShadow ?? false;
      return [...views, { ...capPolicy(), scope: 'tenant', remaining, resetSeconds: remaining > 0 ? 0 : 1, isShadow }];
    },
  };
}
