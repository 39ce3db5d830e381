import { errorBody, type RetryAdvice, SUGGESTED_WAITS, statusRow } from '@openkupe/contract';
import type { Exchange, Reply } from '../pipeline/exchange.ts';
import { StoreUnavailableError } from '../store/store.ts';
import { prefersProblem } from './prefers-problem.ts';
import { Refusal, unavailable } from './refusal.ts';

/** A refusal as it is; a store that could not write is 503; anything else is a defect, whose text stays in the log. */
function toRefusal(error: unknown, requestId: string): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof StoreUnavailableError) {
    const change = error.executed === 'no' ? 'nothing was changed' : 'whether the change was made is not known';
    return unavailable(
      `The control plane cannot write to its store at the moment; ${change}, retry with backoff`,
      SUGGESTED_WAITS.storeMs,
      'store-unavailable',
    );
  }
  return new Refusal(500, `Internal server error; quote request id ${requestId} if it persists`);
}

function problemBody(refusal: Refusal, requestId: string): Record<string, unknown> {
  const row = statusRow(refusal.status);
  const retryAfter = refusal.headers['retry-after'];
  return {
    type: `about:blank#${refusal.code}`,
    title: row.meaning,
    status: refusal.status,
    detail: refusal.message,
    error: refusal.message,
    code: refusal.code,
    advice: row.advice,
    requestId,
    ...(retryAfter ? { retryAfterSeconds: Number(retryAfter) } : {}),
    ...(refusal.headers.etag ? { etag: refusal.headers.etag } : {}),
    ...(refusal.current === undefined ? {} : { current: refusal.current }),
  };
}

/**
 * The only place where an error becomes bytes. The body has one field; what programs need beyond it travels in headers, and in a
 * fuller body only for a caller that asks for `application/problem+json` (RFC 9457).
 */
export function toErrorReply(error: unknown, exchange: Pick<Exchange, 'requestId' | 'progress'>, accept?: string): Reply {
  const refusal = toRefusal(error, exchange.requestId);
  const advice: RetryAdvice = statusRow(refusal.status).advice;
  const executed = error instanceof StoreUnavailableError ? error.executed : exchange.progress.executed;
  const wantsProblem = prefersProblem(accept);
  return {
    status: refusal.status,
    headers: {
      ...exchange.progress.headers,
      'x-request-id': exchange.requestId,
      'cache-control': 'no-store',
      'content-type': wantsProblem ? 'application/problem+json; charset=utf-8' : 'application/json; charset=utf-8',
      'error-code': refusal.code,
      'retry-advice': `${advice}; executed=${executed}${refusal.isSlotReserved ? '; slot=reserved' : ''}`,
      ...refusal.headers,
    },
    body: JSON.stringify(wantsProblem ? problemBody(refusal, exchange.requestId) : errorBody(refusal.message)),
  };
}
