import type { Answer } from '../call.ts';
import type { Engine } from '../engine.ts';
import { PreconditionFailedError } from '../errors/by-status.ts';
import { alreadyHas } from './patch-difference.ts';

/**
 * Writes a patch of plain values once. A 412 after an attempt of unknown outcome may be the echo of that attempt: if the resource now
 * has every value that was written, the call succeeds and says so; if not, the 412 stands.
 */
export async function patchOnce<T extends object>(
  engine: Engine,
  { path, body, write, read }: { path: string; body: object; write: () => Promise<Answer<T>>; read: () => Promise<Answer<T>> },
): Promise<Answer<T>> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof PreconditionFailedError) || error.outcome !== 'unknown') throw error;
    const current = await read();
    if (!alreadyHas(current.value, body)) throw error;
    engine.emit({ type: 'recovered', call: { method: 'PATCH', path }, how: 'already-applied' });
    return { ...current, attempts: [...error.attempts, ...current.attempts], recovered: 'already-applied' };
  }
}
