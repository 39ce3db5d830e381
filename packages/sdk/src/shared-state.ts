import type { Clock } from '@openkupe/contract/clock';
import type { Random } from '@openkupe/contract/random';
import { createOutage, type Outage } from './outage/outage.ts';
import { createPacer, type Pacer } from './pace/pacer.ts';
import { createRetryBudget, type RetryBudget } from './retry/budget.ts';
import { type CredentialFuse, createCredentialFuse } from './retry/credential-fuse.ts';

/** What all calls with one credential to one origin share, whichever client of this process makes them: the limits are shared, too. */
export interface SharedState {
  readonly pacer: Pacer;
  readonly budget: RetryBudget;
  readonly outage: Outage;
  readonly fuse: CredentialFuse;
  /** Routes whose answers announced that idempotency keys are honoured. */
  readonly keyedRoutes: Set<string>;
}

function createSharedState(clock: Clock, random: Random): SharedState {
  const pacer = createPacer(clock);
  return {
    pacer,
    budget: createRetryBudget(clock),
    outage: createOutage(clock, random, pacer),
    fuse: createCredentialFuse(clock),
    keyedRoutes: new Set(),
  };
}

const MOST_STATES = 256;
const states = new WeakMap<Clock, Map<string, SharedState>>();

/** The state for a credential at an origin on a clock; the oldest is forgotten when there are more than 256. */
export function sharedState(clock: Clock, random: Random, origin: string, credential: string): SharedState {
  const known = states.get(clock) ?? new Map<string, SharedState>();
  states.set(clock, known);
  const key = `${origin} ${credential}`;
  const found = known.get(key);
  if (found) return found;
  const fresh = createSharedState(clock, random);
  known.set(key, fresh);
  const [oldest = key] = known.keys();
  if (known.size > MOST_STATES) known.delete(oldest);
  return fresh;
}
