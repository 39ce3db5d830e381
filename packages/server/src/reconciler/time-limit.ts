import type { Clock } from '@openkupe/contract';
import type { StepOutcome } from './outcome.ts';

/**
 * Runs a step for at most `limitMs` milliseconds. `holdsLease()` is false afterwards: a step checks it before it acts, because another
 * process may have the lease by then. A step that throws has failed.
 */
export async function withinTimeLimit(
  clock: Clock,
  limitMs: number,
  step: (holdsLease: () => boolean) => Promise<StepOutcome>,
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
    // NOTE: an abort without a reason makes an exception, with a stack, for every step.
    ended.abort('ended');
  }
}
