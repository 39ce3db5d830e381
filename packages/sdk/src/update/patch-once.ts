import type { Result, WriteOptions } from '../call.ts';
import type { Engine } from '../engine.ts';
import { PreconditionFailedError } from '../errors/by-status.ts';
import { findOut, type Operation, runOperation } from '../operation.ts';
import { toResult } from '../to-result.ts';
import { validateOnce } from '../validate-once.ts';
import { alreadyHas } from './patch-difference.ts';
import { type Writable, write } from './updatable.ts';

/** A patch of plain values, and how to read what it was written to. */
export interface Patching<T extends object> extends Writable<T> {
  readonly body: object;
  /** Reads the resource; `undefined` when it is not there. */
  find(operation: Operation): Promise<Result<T> | undefined>;
}

/**
 * Writes a patch of plain values once. A 412 after an attempt of unknown outcome may be due to that attempt's own success: if the resource
 * now has every value that was written, the call succeeds with `recovered`; if not, the 412 is thrown.
 */
export function patchOnce<T extends object>(
  engine: Engine,
  patching: Patching<T>,
  { validateOnly, ifMatch, ...options }: WriteOptions = {},
): Promise<Result<T>> {
  const { path, body, writeRoute, decode } = patching;
  if (validateOnly) {
    const call = { route: writeRoute, method: 'PATCH', path, body, ifMatch } as const;
    return validateOnce(engine, call, (success) => toResult(call, success, decode), options);
  }
  return runOperation(engine, { method: 'PATCH', path }, options, async (operation) => {
    try {
      return await write(operation, patching, { body, ifMatch });
    } catch (error) {
      if (!(error instanceof PreconditionFailedError) || error.outcome !== 'unknown') throw error;
      const current = await findOut(error, patching.find(operation));
      if (!current || !alreadyHas(current.value, body)) throw error;
      return { ...current, recovered: 'already-applied' };
    }
  });
}
