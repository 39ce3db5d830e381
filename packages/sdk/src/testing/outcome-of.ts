import type { ManualClock } from '@openkupe/contract/testing/manual-clock';
import { KupeError } from '../errors/kupe-error.ts';

/** Runs `work` to its end on the manual clock and gives the error that it has to end with. */
export async function failureOf(clock: ManualClock, work: Promise<unknown>): Promise<KupeError> {
  const caught = await clock.runUntil(
    work.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  if (!(caught instanceof KupeError)) throw new Error(`Expected a KupeError, got ${String(caught)}`);
  return caught;
}
