import type { Clock } from '@openkupe/contract/clock';
import type { Random } from '@openkupe/contract/random';
import type { Breakers, createBreakers } from './circuit-breaker/breakers.ts';
import { type CredentialBreaker, createCredentialBreaker } from './circuit-breaker/credential-breaker.ts';
import { createPacer, type Pacer } from './pace/pacer.ts';
import type { createQuota } from './pace/quota.ts';
import { createRetryBudget, type RetryBudget } from './retry/budget.ts';

/** What all calls with one credential to one origin share, across the clients of this process, because the server's limits are shared, too. */
export interface SharedState {
  readonly pacer: Pacer;
  readonly budget: RetryBudget;
  /** The circuit breakers; without them every call keeps to its own backoff. */
  readonly breakers?: Breakers | undefined;
  readonly credentialBreaker: CredentialBreaker;
  /** Routes whose answers announced that idempotency keys are honoured. */
  readonly keyedRoutes: Set<string>;
}

const MOST_STATES = 256;
const states = new WeakMap<Clock, Map<string, SharedState>>();

/** Parts beyond the errors page: without them a client does what the page lists, and learns the rate from refusals alone. */
export interface Parts {
  readonly createBreakers?: typeof createBreakers;
  readonly createQuota?: typeof createQuota;
}

/** The state for a credential at an origin on a clock; the oldest is forgotten when there are more than 256. */
export function sharedState(clock: Clock, random: Random, origin: string, credential: string, parts: Parts = {}): SharedState {
  const known = states.get(clock) ?? new Map<string, SharedState>();
  states.set(clock, known);
  const key = `${origin} ${credential}`;
  const found = known.get(key);
  if (found) return found;
  const pacer = createPacer(clock, parts.createQuota?.());
  const fresh = {
    pacer,
    budget: createRetryBudget(clock),
    breakers: parts.createBreakers?.(clock, random, pacer),
    credentialBreaker: createCredentialBreaker(clock),
    keyedRoutes: new Set<string>(),
  };
  known.set(key, fresh);
  const [oldest = key] = known.keys();
  if (known.size > MOST_STATES) known.delete(oldest);
  return fresh;
}
