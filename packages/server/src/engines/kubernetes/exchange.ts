import type { Clock } from '@openkupe/contract';
import { parseRetryAfter } from '@openkupe/contract/http/retry-after';
import type { Connection, SentRequest } from './connection.ts';
import { ConnectionError, KubernetesError, statusOf } from './kubernetes-error.ts';
import { readBody } from './read-body.ts';

/** The longest that one request may take, its answer included. In milliseconds. */
const REQUEST_MS = 30_000;

/** Sends one request and reads its answer: the body of a 2xx. Rejects as `KubernetesClient` says. */
export async function exchange(
  connection: Connection,
  request: Omit<SentRequest, 'signal'>,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<string> {
  const late = AbortSignal.timeout(REQUEST_MS);
  const both = signal ? AbortSignal.any([signal, late]) : late;
  try {
    const response = await connection.send({ ...request, signal: both });
    const text = await readBody(response, both);
    const { statusCode: code = 0, headers } = response;
    if (code >= 200 && code < 300) return text;
    const retryAfterMs = parseRetryAfter(headers['retry-after'], { nowMs: clock.now(), responseDate: headers.date ?? null });
    throw new KubernetesError(statusOf(code, text), retryAfterMs);
  } catch (error) {
    if (late.aborted && error === late.reason)
      throw new ConnectionError('no-answer', `The API server did not answer within ${REQUEST_MS} ms`);
    throw error;
  }
}
