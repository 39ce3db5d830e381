import type { Executed } from '../http/retry-advice.ts';
import type { Method } from '../routes/route.ts';
import type { Outcome } from './classify.ts';

/** The facts about a request that decide whether its bytes may be sent twice. */
export interface RequestFacts {
  readonly method: Method;
  readonly hasIfMatch: boolean;
  /** It carries an `Idempotency-Key`, and the server has said that it honours keys. */
  readonly hasKey: boolean;
}

/** "Retry GET, DELETE, and PATCH when you use If-Match": safe to repeat by what the request is, whatever happened to it. */
export function isRepeatable({ method, hasIfMatch, hasKey }: RequestFacts): boolean {
  return method === 'GET' || method === 'DELETE' || hasKey || (hasIfMatch && method !== 'POST');
}

/** Safe to repeat after this outcome: by what it is, or by proof that it was not executed. A 429 is such a proof: "Yes, wait". */
export function mayRepeat(facts: RequestFacts, outcome: Outcome, executed: Executed): boolean {
  return isRepeatable(facts) || outcome === 'unreachable' || outcome === 'rate-limited' || executed === 'no';
}
