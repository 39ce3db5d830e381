import type { ApiCall } from './call.ts';
import type { Engine } from './engine.ts';
import type { AttemptRecord } from './retry/attempt-record.ts';
import type { Failure } from './retry/failure.ts';
import type { Scope } from './scope.ts';

/** What an attempt that failed leaves to the next one. */
export interface Progress {
  /** Attempts that count against the policy's limit; a 429 while others are accepted does not. */
  readonly countedAttempts: number;
  /** Whether an attempt so far may have changed something. */
  readonly mayHaveHappened: boolean;
  /** How the call ends if no further attempt has a result. */
  readonly lastFailure?: Failure;
  /** Set after a 429: whether the server has `reserved` a slot for the next attempt. */
  readonly slot?: 'reserved' | 'none' | undefined;
  /** How many requests of the client had been accepted when the last attempt ended. */
  readonly acceptedBefore: number;
}

/** The state of one call between its attempts. */
export interface CallState {
  readonly engine: Engine;
  readonly call: ApiCall;
  readonly scope: Scope;
  /** The `Idempotency-Key` of all its attempts. */
  readonly key: string | undefined;
  readonly attempts: AttemptRecord[];
  progress: Progress;
}
