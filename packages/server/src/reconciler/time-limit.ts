import type { Clock } from '@openkupe/contract';
import { AT_ONCE, type StepOutcome } from './outcome.ts';

/**
 * Runs a step for at most `limitMs` milliseconds. `holdsLease()` is false afterwards: a step checks it before it acts, because another
 * process may have the lease by then. A step that throws has failed. One that still runs when `givingUp` aborts is due again at once, for another process;
 * after that, and where no time is left, none begins.
 */
export async function withinTimeLimit(
  clock: Clock,
  limitMs: number,
  step: (holdsLease: () => boolean) => Promise<StepOutcome>,
  givingUp: AbortSignal = new AbortController().signal,
): Promise<StepOutcome> {
  if (givingUp.aborted || limitMs <= 0) return AT_ONCE;
  const ended = new AbortController();
  const end = () => ended.abort('ended');
  givingUp.addEventListener('abort', end);
  const endsAt = clock.monotonic() + limitMs;
  const tooLong = clock.sleep(limitMs, ended.signal).then(
    (): StepOutcome => ({ outcome: 'failed', what: 'step', error: new Error(`it took longer than ${limitMs} ms`) }),
    () => AT_ONCE,
  );
  try {
    return await Promise.race([step(() => !ended.signal.aborted && clock.monotonic() < endsAt), tooLong]);
  } catch (error) {
    return { outcome: 'failed', what: 'step', error };
  } finally {
    // NOTE: an abort without a reason makes an exception, with a stack, for every step.
    end();
    givingUp.removeEventListener('abort', end);
  }
}
