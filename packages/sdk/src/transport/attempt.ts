import type { Clock } from '@openkupe/contract/clock';
import { ENDED } from '../call-scope.ts';
import { classify, type Outcome } from '../retry/classify.ts';
import { NoAnswer, type Transport, type TransportRequest, type TransportResponse } from './transport.ts';

/** What one attempt came to: an answer, or the reason why there is none. */
export type AttemptResult =
  | { readonly outcome: Outcome; readonly response: TransportResponse; readonly body: unknown }
  | { readonly outcome: 'unreachable' | 'no-answer' | 'unreadable'; readonly failure: Error; readonly isTimeout: boolean };

const KIND_TO_OUTCOME = { unreachable: 'unreachable', 'no-answer': 'no-answer', 'too-large': 'unreadable' } as const;

function parse(text: string): { body?: unknown; isReadable: boolean } {
  if (text.trim() === '') return { isReadable: true };
  try {
    return { body: JSON.parse(text) as unknown, isReadable: true };
  } catch {
    return { isReadable: false };
  }
}

/** Transports refuse it in their own ways, and a refusal must not be taken for a connection that broke. */
function checkHeaders(headers: TransportRequest['headers']): void {
  for (const name in headers)
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(headers[name] ?? ''))
      throw new TypeError(`The value for ${name} has a line break or another character that no header can carry`);
}

/**
 * Sends once and waits at most `timeoutMs`. Throws the signal's reason when `signal` aborts, and a TypeError for what no header can
 * carry; every other end is a result. Leaves no timer and no listener behind, even if the transport ignores its signal.
 */
export async function attempt(
  request: Omit<TransportRequest, 'signal'>,
  { transport, clock, timeoutMs, signal }: { transport: Transport; clock: Clock; timeoutMs: number; signal: AbortSignal },
): Promise<AttemptResult> {
  checkHeaders(request.headers);
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
    const outcome = classify(response.status);
    const { body, isReadable } = parse(response.text);
    return { outcome: isReadable || outcome !== 'succeeded' ? outcome : 'unreadable', response, body };
  } catch (error) {
    signal.throwIfAborted();
    const failure = error instanceof Error ? error : new Error(String(error));
    const outcome = failure instanceof NoAnswer ? KIND_TO_OUTCOME[failure.kind] : 'no-answer';
    return { outcome, failure, isTimeout };
  } finally {
    timer.abort(ENDED);
  }
}
