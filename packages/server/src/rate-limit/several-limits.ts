import type { RateLimitPolicy, RateLimitState } from '@openkupe/contract';
import type { LimitHeaders, LimitView } from './admission.ts';
import { isNearLimit } from './gcra.ts';
import type { Decision, Limiter } from './limiter.ts';
import { policyOf, rateLimitFields, stateOf } from './rate-limit-fields.ts';

/** What one of several limits thinks of a request that has to pass all of them. */
export interface Asked<Scope extends string> {
  readonly scope: Scope;
  readonly limiter: Limiter;
  readonly decision: Decision;
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
      // Nothing is left for this request, whatever would do for one that weighs less; and no other request is served sooner.
      const { resetSeconds } = stateOf(limit.name, decision.gcra, decision.tatMs, nowMs);
      const state = { name: limit.name, remaining: 0, resetSeconds: Math.max(1, Math.min(resetSeconds, wait.seconds)) };
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
  const near: { limiter: Limiter; tatMs: number }[] = [];
  for (const { limiter, decision } of asked) {
    if (!decision.isAdmitted) continue;
    limiter.charge(decision, nowMs);
    const tatMs = Math.max(decision.tatMs, nowMs) + decision.cost * limiter.gcra.intervalMs;
    if (!limiter.limit.isShadow && isNearLimit(decision.gcra, tatMs, nowMs)) near.push({ limiter, tatMs });
  }
  if (near.length === 0) return undefined;
  const states = near.map(({ limiter, tatMs }) => stateOf(limiter.limit.name, limiter.gcra, tatMs, nowMs));
  return rateLimitFields(
    near.map(({ limiter }) => policyOf(limiter.limit)),
    states,
  );
}

/** A limit and what is left of it for a key. */
export function viewOf<Scope extends LimitView['scope']>(
  scope: Scope,
  limiter: Limiter,
  { low, high }: { readonly low: number; readonly high: number },
  nowMs: number,
): LimitView {
  const { limit, gcra } = limiter;
  return {
    ...policyOf(limit),
    ...stateOf(limit.name, gcra, limiter.tatMs(low, high, nowMs), nowMs),
    scope,
    isShadow: limit.isShadow ?? false,
  };
}
