import type { Recovery } from './call.ts';
import type { WaitReason } from './retry/decide.ts';
import type { AttemptRecord } from './retry/trace.ts';

/** Which call an event is about. */
export interface CallName {
  readonly method: string;
  readonly path: string;
}

/** What a client tells whoever listens, while it happens. Times in milliseconds. */
export type ClientEvent =
  | { readonly type: 'attempt'; readonly call: CallName; readonly record: AttemptRecord }
  | { readonly type: 'wait'; readonly call: CallName; readonly waitMs: number; readonly because: WaitReason }
  /** What the call needs is down: it waits, and something is sent to look in `probeInMs`. */
  | { readonly type: 'parked'; readonly call: CallName; readonly probeInMs: number; readonly parkedCalls: number }
  /** This call is the one that is sent to look. */
  | { readonly type: 'probe'; readonly call: CallName }
  | { readonly type: 'conflict'; readonly call: CallName; readonly round: number; readonly rounds: number }
  | { readonly type: 'recovered'; readonly call: CallName; readonly how: Recovery }
  | { readonly type: 'gave-up'; readonly call: CallName; readonly error: Error };
