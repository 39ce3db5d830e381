import type { Answer, GuardOptions } from '../call.ts';
import type { Engine } from '../engine.ts';
import { PreconditionFailedError } from '../errors/by-status.ts';
import { lookInto, runOperation } from '../operation.ts';
import { alreadyHas } from './patch-difference.ts';
import { read, type Updatable, write } from './updatable.ts';

/**
 * Writes a patch of plain values once. A 412 after an attempt of unknown outcome may be the echo of that attempt: if the resource now
 * has every value that was written, the call succeeds and says so; if not, the 412 stands.
 */
export function patchOnce<T extends object>(
  engine: Engine,
  target: Updatable<T>,
  body: object,
  { ifMatch, ...options }: GuardOptions = {},
): Promise<Answer<T>> {
  return runOperation(engine, { method: 'PATCH', path: target.path }, options, async (operation) => {
    try {
      return await write(operation, target, { body, ifMatch });
    } catch (error) {
      if (!(error instanceof PreconditionFailedError) || error.outcome !== 'unknown') throw error;
      const current = await lookInto(error, read(operation, target));
      if (!alreadyHas(current.value, body)) throw error;
      return { ...current, recovered: 'already-applied' };
    }
  });
}
