import type { StopReason } from '@openkupe/contract/retry/decide';
import type { AttemptResult } from '../transport/attempt.ts';
import type { AttemptRecord } from './attempt-record.ts';

/** Whether the change that was asked for has happened. A failed read changes nothing, so it is `not-applied`. */
export type AppliedState = 'not-applied' | 'applied' | 'unknown';

/** How a call ended without a 2xx: facts, of which `errors/` makes an error. */
export interface Failure {
  readonly stopReason: StopReason;
  readonly outcome: AppliedState;
  /** Whether the same call may succeed later without a change by the caller. */
  readonly retryable: boolean;
  /** The earliest moment for another try, if one is known. */
  readonly retryAt: Date | undefined;
  readonly attempts: readonly AttemptRecord[];
  readonly requestId?: string | undefined;
  /** The attempt after which it went no further; absent when it ended while waiting to be sent. */
  readonly result?: AttemptResult;
  /** What the last attempt came to, when the call ended waiting for another. */
  readonly before?: Failure | undefined;
}
