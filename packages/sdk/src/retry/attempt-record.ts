import type { Outcome } from '@openkupe/contract/retry/classify';
import type { StopReason, WaitReason } from '@openkupe/contract/retry/decide';

/** What became of one attempt of a call. */
export interface AttemptRecord {
  /** From 1. */
  readonly attempt: number;
  readonly outcome: Outcome;
  readonly status?: number | undefined;
  /** The server's id of this attempt, or ours when it did not answer; absent when nothing was sent. */
  readonly requestId?: string | undefined;
  /** When it was sent, in milliseconds since the epoch. */
  readonly sentAtMs: number;
  readonly durationMs: number;
  /** How long it waited for its permit before it was sent. */
  readonly queuedMs: number;
  /** What followed: nothing more to do, a wait and why, or the end and why. */
  readonly decision: 'done' | WaitReason | StopReason;
  /** The wait that followed, 0 when none did. */
  readonly waitMs: number;
  /** What the client's retry budget had left afterwards. */
  readonly budgetLeft: number;
  /** The rate that the client kept to afterwards; absent while nothing limited it. */
  readonly ratePerSecond?: number | undefined;
}
