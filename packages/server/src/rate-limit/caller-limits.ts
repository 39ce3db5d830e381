import { type Clock, formatRetryAfter, type Random, type RateLimitPolicy, type RateLimitState } from '@openkupe/contract';
import { createKeyedHash, randomHashKey } from '../crypto/keyed-hash.ts';
import { createInFlightCap, type InFlightCap } from '../overload/in-flight-cap.ts';
import { type RateLimit, waitMs } from './gcra.ts';
import type { GuardHeaders } from './guard.ts';
import type { LimitView } from './guard-operation.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import { provenLane } from './newcomers.ts';
import { policyOf, rateLimitFields, stateForCaller, stateOf } from './rate-limit-fields.ts';

/** Limits of a caller whose identity is known, asked after authentication. Each is optional. */
export interface CallerPolicies {
  readonly key?: RateLimit;
  readonly tenant?: RateLimit;
  /** How many requests of one tenant may run at the same time. */
  readonly tenantInFlight?: { readonly name: string; readonly most: number; readonly isShadow?: boolean };
}

export interface Caller {
  readonly tenant: string;
  /** What names the key, such as its id; never a secret. */
  readonly key: string;
}

export type CallerAdmission =
  /** `end` is to be called once, when the answer is decided, with how long the client was waited for meanwhile. */
  | { readonly isAdmitted: true; readonly headers: GuardHeaders; end(awayMs?: number): void }
  /** A 429. */
  | { readonly isAdmitted: false; readonly policy: string; readonly retryAfterMs: number; readonly headers: GuardHeaders };

/** By the policy that a refusal names. */
export interface CallerCounters {
  readonly denied: Readonly<Record<CallerScope, number>>;
  readonly shadowDenied: Readonly<Record<CallerScope, number>>;
}

export type CallerScope = 'key' | 'tenant' | 'concurrency';

export interface CallerLimits {
  readonly bytes: number;
  readonly counters: CallerCounters;
  /** Asks every policy, then charges all or none. `cost` is what the request weighs: see {@link requestCost}. */
  admit(caller: Caller, cost: number): CallerAdmission;
  /** The caller's policies and what is left of them. Costs nothing. */
  show(caller: Caller): LimitView[];
}

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
const NO_HEADERS: GuardHeaders = Object.freeze({});

/** What a request weighs: a list reads many rows, a write is a transaction. */
export function requestCost(request: { readonly method: string; readonly isList: boolean }): number {
  if (request.method === 'GET' || request.method === 'HEAD') return request.isList ? 2 : 1;
  return MOST_COST;
}

interface Row {
  readonly scope: 'key' | 'tenant';
  readonly limiter: Limiter;
}

export function createCallerLimits(options: CallerLimitsOptions): CallerLimits {
  const { clock, policies, callers = CALLERS } = options;
  const hash = createKeyedHash(randomHashKey(options.random));
  const size = { slots: callers, limitedKeys: Math.ceil(callers / 16), mostCost: MOST_COST };
  const rows: Row[] = (['key', 'tenant'] as const).flatMap((scope) => {
    const limit = policies[scope];
    return limit ? [{ scope, limiter: createLimiter({ limit, ...size }) }] : [];
  });
  const cap: InFlightCap | undefined = policies.tenantInFlight && createInFlightCap(policies.tenantInFlight.most);
  const counters = { denied: { key: 0, tenant: 0, concurrency: 0 }, shadowDenied: { key: 0, tenant: 0, concurrency: 0 } };

  const hashFor = ({ scope }: Row, caller: Caller) => hash.text(scope === 'key' ? `${caller.tenant}/${caller.key}` : caller.tenant);
  let callerInHand: Caller = { tenant: '', key: '' };
  let costInHand = 0;
  // A key has its lane among the keys of a tenant, and what costs much has its own, or what costs little would leave it nothing.
  const laneInHand = () => {
    hash.text(`${callerInHand.key}/${costInHand}`);
    return provenLane(hash.result[0] as number);
  };
  const stateNow = ({ limiter }: Row, nowMs: number): RateLimitState => stateForCaller(limiter.limit.name, limiter.asked, nowMs);
  const capPolicy = (): RateLimitPolicy => ({ name: policies.tenantInFlight?.name ?? '', quota: policies.tenantInFlight?.most ?? 0 });

  const refuse = (refusing: readonly Row[], isFull: boolean, tenant: string, nowMs: number): CallerAdmission => {
    const slots: { scope: CallerScope; name: string; atMs: number }[] = refusing.map(({ scope, limiter }) => ({
      scope,
      name: limiter.limit.name,
      atMs: limiter.reserve(),
    }));
    if (isFull && cap) slots.push({ scope: 'concurrency', name: capPolicy().name, atMs: cap.reserve(tenant, nowMs) });
    const last = slots.reduce((latest, slot) => (slot.atMs > latest.atMs ? slot : latest));
    counters.denied[last.scope] += 1;
    const retryAfterMs = waitMs(last.atMs, nowMs);
    const states = refusing.map((row) => stateNow(row, nowMs));
    if (isFull) states.push({ name: capPolicy().name, remaining: 0, resetSeconds: Number(formatRetryAfter(retryAfterMs)) });
    const said = [...refusing.map(({ limiter }) => policyOf(limiter.limit)), ...(isFull ? [capPolicy()] : [])];
    return { isAdmitted: false, policy: last.name, retryAfterMs, headers: rateLimitFields(said, states, retryAfterMs) };
  };

  return {
    bytes: rows.reduce((sum, { limiter }) => sum + limiter.bytes, 0),
    counters,
    admit(caller, cost) {
      const nowMs = clock.monotonic();
      const refusing: Row[] = [];
      callerInHand = caller;
      costInHand = cost;
      for (const row of rows) {
        hashFor(row, caller);
        // Nothing may weigh more than the whole bucket, or it would never pass.
        const weight = Math.min(cost, row.limiter.limit.burst);
        if (row.limiter.ask(hash.result[0] as number, hash.result[1] as number, laneInHand, nowMs, weight).isAdmitted) continue;
        if (row.limiter.limit.isShadow) counters.shadowDenied[row.scope] += 1;
        else refusing.push(row);
      }
      const isOverCap = cap?.isFull(caller.tenant) ?? false;
      if (isOverCap && policies.tenantInFlight?.isShadow) counters.shadowDenied.concurrency += 1;
      const isFull = isOverCap && !policies.tenantInFlight?.isShadow;
      if (refusing.length > 0 || isFull) return refuse(refusing, isFull, caller.tenant, nowMs);

      for (const { limiter } of rows) if (limiter.asked.isAdmitted) limiter.charge();
      const near = rows.filter(({ limiter }) => !limiter.limit.isShadow && limiter.asked.tatMs - nowMs > limiter.nearLimitMs);
      const headers =
        near.length === 0
          ? NO_HEADERS
          : rateLimitFields(
              near.map(({ limiter }) => policyOf(limiter.limit)),
              near.map((row) => stateNow(row, nowMs)),
            );
      if (!cap) return { isAdmitted: true, headers, end: NOTHING };
      const leave = cap.enter(caller.tenant, nowMs);
      return { isAdmitted: true, headers, end: (awayMs = 0) => leave(clock.monotonic() - awayMs) };
    },
    show(caller) {
      const nowMs = clock.monotonic();
      const views: LimitView[] = rows.map((row) => {
        hashFor(row, caller);
        const { limiter, scope } = row;
        const tatMs = limiter.peek(hash.result[0] as number, hash.result[1] as number);
        return {
          ...policyOf(limiter.limit),
          ...stateOf(limiter.limit.name, limiter.gcra, tatMs, nowMs),
          scope,
          isShadow: limiter.limit.isShadow ?? false,
        };
      });
      if (cap && policies.tenantInFlight) {
        const remaining = Math.max(0, cap.most - cap.running(caller.tenant));
        views.push({
          ...capPolicy(),
          scope: 'tenant',
          remaining,
          resetSeconds: remaining > 0 ? 0 : 1,
          isShadow: policies.tenantInFlight.isShadow ?? false,
        });
      }
      return views;
    },
  };
}
