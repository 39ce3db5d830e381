import type { WaitReason } from '@openkupe/contract/retry/decide';
import type { Recovery } from './call.ts';
import type { AttemptRecord } from './retry/attempt-record.ts';

/** Which call an event is about. */
export interface CallName {
  readonly method: string;
  /** Below the host, encoded. */
  readonly path: string;
}

/** What a client emits to `onEvent` while calls are carried out. Times in milliseconds. */
export type ClientEvent =
  /** A request was sent and has ended, with or without an answer. */
  | { readonly type: 'attempt'; readonly call: CallName; readonly record: AttemptRecord }
  /** The same request is sent again in `waitMs`. */
  | { readonly type: 'wait'; readonly call: CallName; readonly waitMs: number; readonly because: WaitReason }
  /** The circuit breaker of the call is open: it waits with `waitingCalls` in all, and the next probe is sent in `probeInMs`. */
  | { readonly type: 'circuit-open'; readonly call: CallName; readonly probeInMs: number; readonly waitingCalls: number }
  /** This call is sent as the probe of an open circuit breaker. */
  | { readonly type: 'probe'; readonly call: CallName }
  /** An update lost a race in that `round` and begins again, at most `rounds` times. */
  | { readonly type: 'conflict'; readonly call: CallName; readonly round: number; readonly rounds: number }
  /** The answer to a write got lost, and a read showed that the change had happened. */
  | { readonly type: 'recovered'; readonly call: CallName; readonly how: Recovery }
  /** A method ended in this error. */
  | { readonly type: 'gave-up'; readonly call: CallName; readonly error: Error };

/** The event with the name of its call alone: a call has a body, which may be secret, and listeners write events to logs. */
export function withoutBody({ call: { method, path }, ...event }: ClientEvent): ClientEvent {
  return { ...event, call: { method, path } } as ClientEvent;
}

/** `listen` with every error it throws discarded: a listener must not change what a call does. */
export function ignoringErrors<E>(listen: ((event: E) => void) | undefined): (event: E) => void {
  return (event) => {
    try {
      listen?.(event);
    } catch {
      // NOTE: there is no place to report it: the listener is where reports go.
    }
  };
}
