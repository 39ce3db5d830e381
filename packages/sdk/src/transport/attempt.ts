import type { Clock } from '@openkupe/contract/clock';
import { ENDED } from '../call-scope.ts';
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

const KIND_TO_OUTCOME = { unreachable: 'unreachable', 'no-answer': 'no-answer', 'too-large': 'unreadable' } as const;

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
 * Sends once and waits at most `timeoutMs`. Throws only the signal's reason, when `signal` aborts; every other end is a result.
 * Leaves no timer and no listener behind, even if the transport ignores its signal.
 */
export async function attempt(
  request: Omit<TransportRequest, 'signal'>,
  { transport, clock, timeoutMs, signal }: { transport: Transport; clock: Clock; timeoutMs: number; signal: AbortSignal },
): Promise<AttemptResult> {
  const own = new AbortController();
  const timer = new AbortController();
  let isTimeout = false;
  try {
    const response = await new Promise<TransportResponse>((resolve, reject) => {
      own.signal.addEventListener('abort', () => reject(own.signal.reason), { once: true });
      const forward = () => own.abort(signal.reason);
      signal.addEventListener('abort', forward, { once: true, signal: timer.signal });
      const expire = () => {
        isTimeout = true;
        own.abort(new NoAnswer('no-answer', `There was no answer within ${timeoutMs} ms`));
      };
      clock.sleep(timeoutMs, timer.signal).then(expire, () => {});
      transport.send({ ...request, signal: own.signal }).then(resolve, reject);
    });
    return read(response);
  } catch (error) {
    signal.throwIfAborted();
    const failure = error instanceof Error ? error : new Error(String(error));
    return { outcome: failure instanceof NoAnswer ? KIND_TO_OUTCOME[failure.kind] : 'no-answer', failure, isTimeout };
  } finally {
    timer.abort(ENDED);
  }
}
