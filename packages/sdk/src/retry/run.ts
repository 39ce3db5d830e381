import type { ApiCall } from '../call.ts';
import type { CallScope } from '../call-scope.ts';
import type { Engine } from '../engine.ts';
import type { Failure } from './failure.ts';
import type { AttemptRecord } from './trace.ts';

/** The state of one call between its attempts. */
export interface Run {
  readonly engine: Engine;
  readonly call: ApiCall;
  readonly scope: CallScope;
  readonly key: string | undefined;
  readonly attempts: AttemptRecord[];
  countedAttempts: number;
  mayHaveHappened: boolean;
  /** How the call ends if nothing better comes. */
  lastFailure?: Failure;
  /** Whether the server keeps a slot for the next attempt, or may. */
  slot?: 'promised' | 'maybe' | undefined;
  /** How many requests of the client had been accepted when the last attempt ended. */
  acceptedBefore: number;
}
