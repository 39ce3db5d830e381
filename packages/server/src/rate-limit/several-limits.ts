import type { RateLimitPolicy, RateLimitState } from '@openkupe/contract';
import type { LimitHeaders, LimitView } from './admission.ts';
import { type Gcra, isNearLimit, type RateLimit } from './gcra.ts';
import type { Decision, Limiter } from './limiter.ts';
import { policyOf, rateLimitFields, stateOf } from './rate-limit-fields.ts';

/** What one of several limits thinks of a request that has to pass all of them. */
export interface Asked<Scope extends string> {
  readonly scope: Scope;
  readonly limiter: Limiter;
  readonly decision: Decision;
}

/** What is used of a limit for one key: its theoretical arrival time. */
export interface Bucket<Scope extends string> {
  readonly scope: Scope;
  readonly limit: RateLimit;
  readonly gcra: Gcra;
  readonly tatMs: number;
}

/** A limit that refuses a request, and what it says of itself. */
export interface Refusing<Scope extends string> {
  readonly scope: Scope;
  readonly policy: RateLimitPolicy;
  readonly state: RateLimitState;
  readonly seconds: number;
  readonly isReserved: boolean;
  readonly isFirst: boolean;
}

/** Nothing is left for a refused request, whatever would do for one that weighs less; and no other request is served sooner. */
export function refusedState({ limit, gcra, tatMs }: Omit<Bucket<string>, 'scope'>, seconds: number, nowMs: number): RateLimitState {
  const { resetSeconds } = stateOf(limit.name, gcra, tatMs, nowMs);
  return { name: limit.name, remaining: 0, resetSeconds: Math.max(1, Math.min(resetSeconds, seconds)) };
}

/** The limits that refuse a request. One that is only watched is counted instead. */
export function refuseBy<Scope extends string>(
  asked: readonly Asked<Scope>[],
  shadowDenied: Record<Scope, number>,
  nowMs: number,
): Refusing<Scope>[] {
  const refusing: Refusing<Scope>[] = [];
  for (const { scope, limiter, decision } of asked) {
    if (decision.isAdmitted) continue;
    const { limit } = limiter;
    if (limit.isShadow) shadowDenied[scope] += 1;
    else {
      const wait = limiter.refuse(decision, nowMs);
      const state = refusedState({ ...decision, limit }, wait.seconds, nowMs);
      refusing.push({ scope, policy: policyOf(limit), state, ...wait });
    }
  }
  return refusing;
}

/** The refusal with the longest wait, which is what its answer says, and the headers of all of them. Throws where there is none. */
export function longestOf<Scope extends string>(refusing: readonly Refusing<Scope>[]): { last: Refusing<Scope>; headers: LimitHeaders } {
  const last = refusing.reduce((longest, one) => (one.seconds > longest.seconds ? one : longest));
  const [policies, states] = [refusing.map(({ policy }) => policy), refusing.map(({ state }) => state)];
  return { last, headers: rateLimitFields(policies, states, last.seconds * 1000) };
}

/** Charges a request to every limit that admits it. Returns headers where little is left of one. */
export function chargeAll(asked: readonly Asked<string>[], nowMs: number): LimitHeaders | undefined {
  const near: Bucket<string>[] = [];
  for (const { scope, limiter, decision } of asked) {
    if (!decision.isAdmitted) continue;
    limiter.charge(decision, nowMs);
    const tatMs = Math.max(decision.tatMs, nowMs) + decision.cost * limiter.gcra.intervalMs;
    const { limit, gcra } = limiter;
    if (!limit.isShadow && isNearLimit(decision.gcra, tatMs, nowMs)) near.push({ scope, limit, gcra, tatMs });
  }
  return near.length === 0 ? undefined : fieldsOf(near, nowMs);
}

/** Headers that say what is left of these limits. */
export function fieldsOf(buckets: readonly Bucket<string>[], nowMs: number): LimitHeaders {
  const states = buckets.map(({ limit, gcra, tatMs }) => stateOf(limit.name, gcra, tatMs, nowMs));
  return rateLimitFields(
    buckets.map(({ limit }) => policyOf(limit)),
    states,
  );
}

/** A limit and what is left of it for a key. */
export function viewOf({ scope, limit, gcra, tatMs }: Bucket<LimitView['scope']>, nowMs: number): LimitView {
  return { ...policyOf(limit), ...stateOf(limit.name, gcra, tatMs, nowMs), scope, isShadow: limit.isShadow ?? false };
}
