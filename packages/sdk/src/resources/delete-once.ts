import type { Answer, GuardOptions } from '../call.ts';
import type { Engine } from '../engine.ts';
import { NotFoundError, PreconditionFailedError } from '../errors/by-status.ts';
import { KupeError } from '../errors/kupe-error.ts';
import { guarded, lookInto, type Operation, runOperation, type Step } from '../operation.ts';
import { toEmptyAnswer } from './exchange-to-answer.ts';

/**
 * Carries out a delete. A 404 after an attempt of unknown outcome is the echo of that attempt, and counts as done; so does a 412 if
 * `isDeleting` finds by reading that the deletion has begun. A 404 on the first attempt is the caller's to know.
 */
export function deleteOnce(
  engine: Engine,
  step: Step,
  { ifMatch, ...options }: GuardOptions = {},
  isDeleting?: (operation: Operation) => Promise<boolean>,
): Promise<Answer<undefined>> {
  return runOperation(engine, step, options, async (operation) => {
    try {
      return toEmptyAnswer(await operation.send(guarded(step, ifMatch)));
    } catch (error) {
      if (!(error instanceof KupeError) || error.outcome !== 'unknown') throw error;
      const canLook = error instanceof PreconditionFailedError && isDeleting !== undefined;
      const isDone = error instanceof NotFoundError || (canLook && (await lookInto(error, isDeleting(operation))));
      if (!isDone) throw error;
      return { value: undefined, attempts: error.attempts, recovered: 'already-deleted' };
    }
  });
}
