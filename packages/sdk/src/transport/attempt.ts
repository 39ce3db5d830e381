import type { Clock } from '@openkupe/contract/clock';
import { type CallScope, openScope } from '../call-scope.ts';
import { classify, type Outcome } from '../retry/classify.ts';
import { NoAnswer, type Transport, type TransportRequest, type TransportResponse } from './transport.ts';

/** What one attempt came to: an answer, or the reason why there is none. */
export interface AttemptResult {
  readonly outcome: Outcome;
  readonly response?: TransportResponse;
  /** The parsed body, `undefined` when there is none or it is no JSON. */
  readonly body?: unknown;
  readonly failure?: Error;
  readonly isTimeout?: boolean;
}

/** A success whose body is no JSON is none. */
function read(response: TransportResponse): AttemptResult {
  const outcome = classify(response.status);
  try {
    return { outcome, response, body: response.text.trim() === '' ? undefined : (JSON.parse(response.text) as unknown) };
  } catch {
    return { outcome: outcome === 'succeeded' ? 'unreadable' : outcome, response };
  }
}

/**
 * Sends once and waits at most `timeoutMs`, and no longer than the call's `scope` lasts. Throws only the reason of the caller's abort;
 * every other end is a result. Leaves no timer and no listener behind, even if the transport ignores its signal.
 */
export async function attempt(
  request: Omit<TransportRequest, 'signal'>,
  { transport, clock, timeoutMs, scope }: { transport: Transport; clock: Clock; timeoutMs: number; scope: CallScope },
): Promise<AttemptResult> {
  const own = openScope(clock, timeoutMs, scope.signal, `There was no answer within ${timeoutMs} ms`);
  try {
    return read(await own.race(transport.send({ ...request, signal: own.signal })));
  } catch (error) {
    if (!scope.hasExpired) scope.signal.throwIfAborted();
    const failure = error instanceof Error ? error : new Error(String(error));
    const outcome = failure instanceof NoAnswer ? failure.kind : 'no-answer';
    return { outcome, failure, isTimeout: own.hasExpired || scope.hasExpired };
  } finally {
    own.end();
  }
}
