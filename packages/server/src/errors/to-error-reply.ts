import {
  ERROR_HELP_PATH,
  type Executed,
  errorBody,
  formatRetryAdvice,
  type RetryAdvice,
  SUGGESTED_WAITS,
  statusRow,
} from '@openkupe/contract';
import { ContendedError } from '../store/commit.ts';
import { StoreUnavailableError } from '../store/store.ts';
import { Refusal, unavailable } from './refusal.ts';
import type { Reply } from './reply.ts';

/** What an error reply shows of the request that failed. */
export interface ErrorContext {
  readonly requestId: string;
  /** Headers that go out with whatever answer follows. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the request has changed anything. */
  readonly executed: Executed;
}

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
  if (error instanceof ContendedError) {
    return unavailable('Too many writers are changing this resource; retry with backoff', SUGGESTED_WAITS.storeMs, 'contended');
  }
  return new Refusal(500, `Internal server error; quote request id ${requestId} if it persists`);
}

const adviceOf = ({ isRunning, status }: Refusal): RetryAdvice => (isRunning ? 'wait' : statusRow(status).advice);

function executedOf(error: unknown, { executed }: ErrorContext): Executed {
  if (error instanceof StoreUnavailableError) return error.executed;
  return error instanceof Refusal && error.isRunning ? 'unknown' : executed;
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
    advice: adviceOf(refusal),
    requestId,
    ...(retryAfter ? { retryAfterSeconds: Number(retryAfter) } : {}),
    ...(refusal.headers.etag ? { etag: refusal.headers.etag } : {}),
    ...(refusal.errors.length === 0 ? {} : { errors: refusal.errors }),
    ...(refusal.changes.length === 0 ? {} : { changes: refusal.changes }),
    ...(refusal.current === undefined ? {} : { current: refusal.current }),
  };
}

/**
 * The only place where an error becomes bytes. The body has one field; what programs need beyond it travels in headers, and in a
 * fuller body only for a caller that `wantsProblem`, `application/problem+json` (RFC 9457).
 */
export function toErrorReply(error: unknown, context: ErrorContext, wantsProblem = false): Reply {
  const { requestId, headers } = context;
  const refusal = toRefusal(error, requestId);
  const advice = adviceOf(refusal);
  const executed = executedOf(error, context);
  return {
    status: refusal.status,
    headers: {
      ...headers,
      'x-request-id': requestId,
      'cache-control': 'no-store',
      'content-type': wantsProblem ? 'application/problem+json; charset=utf-8' : 'application/json; charset=utf-8',
      'error-code': refusal.code,
      link: `<${ERROR_HELP_PATH}/${refusal.status}>; rel="help"`,
      'retry-advice': formatRetryAdvice({ advice, executed, isSlotReserved: refusal.isSlotReserved }),
      ...refusal.headers,
    },
    body: JSON.stringify(wantsProblem ? problemBody(refusal, requestId) : errorBody(refusal.message)),
  };
}
