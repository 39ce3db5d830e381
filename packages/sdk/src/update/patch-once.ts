import type { Answer, GuardOptions } from '../call.ts';
import type { Engine } from '../engine.ts';
import { PreconditionFailedError } from '../errors/by-status.ts';
import { lookInto, type Operation, runOperation } from '../operation.ts';
import { alreadyHas } from './patch-difference.ts';
import { type Writable, write } from './updatable.ts';

/** A patch of plain values, and how to see what became of it. */
export interface Patching<T extends object> extends Writable<T> {
  readonly body: object;
  look(operation: Operation): Promise<Answer<T> | undefined>;
}

/**
 * Writes a patch of plain values once. A 412 after an attempt of unknown outcome may be the echo of that attempt: if the resource now
 * has every value that was written, the call succeeds and says so; if not, the 412 stands.
 */
export function patchOnce<T extends object>(
  engine: Engine,
  patching: Patching<T>,
  { ifMatch, ...options }: GuardOptions = {},
): Promise<Answer<T>> {
  const { path, body } = patching;
  return runOperation(engine, { method: 'PATCH', path }, options, async (operation) => {
    try {
      return await write(operation, patching, { body, ifMatch });
    } catch (error) {
      if (!(error instanceof PreconditionFailedError) || error.outcome !== 'unknown') throw error;
      const current = await lookInto(error, patching.look(operation));
      if (!current || !alreadyHas(current.value, body)) throw error;
      return { ...current, recovered: 'already-applied' };
    }
  });
}
