import type { Clock } from '@openkupe/contract/clock';
import { classify, type Outcome } from '@openkupe/contract/retry/classify';
import type { RetryPolicy } from '@openkupe/contract/retry/policy';
import type { Method } from '@openkupe/contract/routes/route';
import { ENDED } from '../reschedulable-timer.ts';
import { openScope, type Scope, unlessAborted } from '../scope.ts';
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

/** How long to wait for the error of a transport that was aborted, in milliseconds. */
const ABORTED_MS = 50;

/** The error of a transport whose request was aborted, if it is certain of more than `no-answer`: only it knows whether anything was sent. */
async function errorOfAborted(sending: Promise<unknown>, clock: Clock): Promise<Error | undefined> {
  const stop = new AbortController();
  const certain = sending.then(
    () => undefined,
    (error) => (error instanceof NoAnswer && error.kind !== 'no-answer' ? error : undefined),
  );
  try {
    return (await Promise.race([certain, clock.sleep(ABORTED_MS, stop.signal)])) ?? undefined;
  } finally {
    stop.abort(ENDED);
  }
}

/** Whether the answer ends with its connection, so that a truncated one cannot be recognised by its length (RFC 9112 §8). */
function endsWithConnection({ headers }: TransportResponse): boolean {
  return !headers.get('content-length') && !headers.get('transfer-encoding') && /json/.test(headers.get('content-type') ?? '');
}

/** Parses the body. A 2xx whose body is not JSON is `unreadable`; an empty body is truncated JSON unless the answer need not have one. */
function read(response: TransportResponse, method: Method): AttemptResult {
  const { status, text } = response;
  const outcome = classify(status);
  try {
    const isBare = text.trim() === '' && (status === 204 || method === 'DELETE' || !endsWithConnection(response));
    return { outcome, response, body: isBare ? undefined : (JSON.parse(text) as unknown) };
  } catch {
    if (endsWithConnection(response)) throw new NoAnswer('no-answer', 'The connection ended in the middle of an answer');
    return { outcome: outcome === 'succeeded' ? 'unreadable' : outcome, response };
  }
}

/**
 * Sends once and waits at most the policy's `attemptTimeoutMs`, and no longer than `scope` lasts. Throws only the reason of the caller's abort;
 * every other end is a result. Leaves no timer and no listener behind, even if the transport ignores its signal.
 */
export async function attempt(
  { transport, clock, policy: { attemptTimeoutMs } }: { transport: Transport; clock: Clock; policy: Pick<RetryPolicy, 'attemptTimeoutMs'> },
  request: Omit<TransportRequest, 'signal'>,
  scope: Scope,
): Promise<AttemptResult> {
  const own = openScope(clock, attemptTimeoutMs, scope.signal, `There was no answer within ${attemptTimeoutMs} ms`);
  const sending = transport.send({ ...request, signal: own.signal });
  try {
    return read(await unlessAborted(sending, own.signal), request.method);
  } catch (error) {
    if (!scope.hasExpired) scope.signal.throwIfAborted();
    const isTimeout = own.hasExpired || scope.hasExpired;
    const reason = (isTimeout && (await errorOfAborted(sending, clock))) || error;
    const failure = reason instanceof Error ? reason : new Error(String(reason));
    const outcome = failure instanceof NoAnswer ? failure.kind : 'no-answer';
    return { outcome, failure, isTimeout };
  } finally {
    own.end();
  }
}
