import type { ApiCall, Result, WriteOptions } from '../call.ts';
import type { Engine } from '../engine.ts';
import { NotFoundError, PreconditionFailedError } from '../errors/by-status.ts';
import { KupeError } from '../errors/kupe-error.ts';
import { findOut, type Operation, runOperation } from '../operation.ts';
import { toEmptyResult } from '../to-result.ts';
import { validateOnce } from '../validate-once.ts';

/**
 * Carries out a delete. A 404 after an attempt of unknown outcome is the answer to that attempt's success, and counts as done; so does a
 * 412 if `hasBegun` finds by reading that the deletion has begun. A 404 on the first attempt is thrown.
 */
export function deleteOnce(
  engine: Engine,
  call: ApiCall,
  { validateOnly, ifMatch, ...options }: WriteOptions = {},
  hasBegun?: (operation: Operation) => Promise<boolean>,
): Promise<Result<undefined>> {
  if (validateOnly) return validateOnce(engine, { ...call, ifMatch }, toEmptyResult, options);
  return runOperation(engine, call, options, async (operation) => {
    try {
      return toEmptyResult(await operation.send({ ...call, ifMatch }));
    } catch (error) {
      if (!(error instanceof KupeError) || error.outcome !== 'unknown') throw error;
      const canRead = error instanceof PreconditionFailedError && hasBegun !== undefined;
      const isDone = error instanceof NotFoundError || (canRead && (await findOut(error, hasBegun(operation))));
      if (!isDone) throw error;
      return { value: undefined, attempts: error.attempts, recovered: 'already-deleted' };
    }
  });
}
