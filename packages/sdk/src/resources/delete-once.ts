import type { Answer, ApiCall } from '../call.ts';
import { carryOut } from '../carry-out.ts';
import type { Engine } from '../engine.ts';
import { NotFoundError, PreconditionFailedError } from '../errors/by-status.ts';
import { toEmptyAnswer } from './exchange-to-answer.ts';

/**
 * Carries out a delete. A 404 after an attempt of unknown outcome is the echo of that attempt, and counts as done; so does a 412 if
 * `isDeleting` finds by reading that the deletion has begun. A 404 on the first attempt is the caller's to know.
 */
export async function deleteOnce(engine: Engine, call: ApiCall, isDeleting: () => Promise<boolean>): Promise<Answer<undefined>> {
  try {
    return toEmptyAnswer(await carryOut(engine, call));
  } catch (error) {
    const isGone = error instanceof NotFoundError && error.outcome === 'unknown';
    const isEcho = isGone || (error instanceof PreconditionFailedError && error.outcome === 'unknown' && (await isDeleting()));
    if (!isEcho) throw error;
    engine.emit({ type: 'recovered', call, how: 'already-deleted' });
    return { value: undefined, attempts: error.attempts, recovered: 'already-deleted' };
  }
}
