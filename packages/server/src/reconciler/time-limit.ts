import type { Clock } from '@openkupe/contract';
import type { StepOutcome } from './outcome.ts';

/**
 * Runs a step for at most `limitMs` milliseconds. `isOurs` turns false when the time is over: a step asks it before it acts, because
 * by then somebody else may have the lease. A step that throws has failed.
 */
export async function withinTimeLimit(
  clock: Clock,
  limitMs: number,
  step: (isOurs: () => boolean) => Promise<StepOutcome>,
): Promise<StepOutcome> {
  const ended = new AbortController();
  const endsAt = clock.monotonic() + limitMs;
  const tooLong = clock
    .sleep(limitMs, ended.signal)
    .then((): StepOutcome => ({ outcome: 'failed', what: 'step', error: new Error(`it took longer than ${limitMs} ms`) }));
  tooLong.catch(() => {});
  try {
    return await Promise.race([step(() => !ended.signal.aborted && clock.monotonic() < endsAt), tooLong]);
  } catch (error) {
    return { outcome: 'failed', what: 'step', error };
  } finally {
    ended.abort();
  }
}
