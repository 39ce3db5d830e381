import type { Clock } from '@openkupe/contract';
import { AT_ONCE, type StepOutcome, type StepResult } from './outcome.ts';

/** After so many milliseconds no further step follows, so that a step that takes long begins with a lease of its own. */
const FOLLOWING_MS = 1_000;
/** Steps under one lease at most, so that a resource that never settles takes turns with others. */
const MOST_STEPS = 8;

/**
 * Runs steps under one lease until nothing follows at once, or `mayFollow()` is false. A lease and its return cost two transactions, and a new cluster
 * has up to five steps at once.
 */
export async function stepsUnderLease(
  clock: Pick<Clock, 'monotonic'>,
  step: () => Promise<StepResult>,
  mayFollow: () => boolean,
): Promise<StepOutcome> {
  const endsAt = clock.monotonic() + FOLLOWING_MS;
  for (let left = MOST_STEPS; left > 0; left -= 1) {
    const result = await step();
    if (result.outcome !== 'stepped') return result;
    if (!mayFollow() || clock.monotonic() >= endsAt) break;
  }
  return AT_ONCE;
}
