import type { Answer } from '../call.ts';
import { type CallScope, openScope } from '../call-scope.ts';
import type { Engine } from '../engine.ts';
import { PreconditionFailedError } from '../errors/by-status.ts';
import { alreadyHas } from './patch-difference.ts';

/** What an update needs to know about the resource it changes. */
export interface Updatable<T extends object, P extends object> {
  readonly path: string;
  read(scope: CallScope): Promise<Answer<T>>;
  write(patch: P, ifMatch: string | undefined, scope: CallScope): Promise<Answer<T>>;
}

export interface UpdateOptions {
  readonly signal?: AbortSignal;
  /** The deadline of the whole update, all its rounds and waits included. */
  readonly timeoutMs?: number;
  /** Rounds of reading, applying and writing before an update that keeps losing gives up; the page's script takes 3. */
  readonly rounds?: number;
}

const PAGE_ROUNDS = 3;

/**
 * Reads, applies `change`, and writes with If-Match; on 412 again from the reading. "Re-fetch the resource, apply your change against
 * the new state, and retry." `change` gets a copy and may be called once per round; `undefined`, or a patch that changes nothing,
 * ends the update without a write. Throws the last PreconditionFailedError when every round lost.
 */
export async function readModifyWrite<T extends object, P extends object>(
  engine: Engine,
  target: Updatable<T, P>,
  change: (current: T) => P | undefined,
  options: UpdateOptions = {},
): Promise<Answer<T>> {
  const rounds = options.rounds ?? PAGE_ROUNDS;
  const scope = openScope(engine.clock, options.timeoutMs ?? engine.policy.deadlineMs, options.signal);
  try {
    for (let round = 1; ; round++) {
      const current = await target.read(scope);
      const patch = change(structuredClone(current.value));
      if (patch === undefined || alreadyHas(current.value, patch)) return current;
      try {
        return await target.write(patch, current.etag, scope);
      } catch (error) {
        if (!(error instanceof PreconditionFailedError)) throw error;
        engine.emit({ type: 'conflict', call: { method: 'PATCH', path: target.path }, round, rounds });
        if (round >= rounds) throw error;
      }
    }
  } finally {
    scope.end();
  }
}
