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
  /** The circuit breaker of the call is open: it waits with `waitingCalls` in all, and the next probe is sent in `probeInMs`. */
  | { readonly type: 'circuit-open'; readonly call: CallName; readonly probeInMs: number; readonly waitingCalls: number }
  /** This call is sent as the probe of an open circuit breaker. */
  | { readonly type: 'probe'; readonly call: CallName }
  | { readonly type: 'conflict'; readonly call: CallName; readonly round: number; readonly rounds: number }
  | { readonly type: 'recovered'; readonly call: CallName; readonly how: Recovery }
  | { readonly type: 'gave-up'; readonly call: CallName; readonly error: Error };
