import type { Outcome } from '../retry/classify.ts';
import type { AttemptResult } from '../transport/attempt.ts';
import { ERROR_CLASSES, TimeoutError } from './by-status.ts';
import type { ErrorDetails, KupeError } from './kupe-error.ts';

function sentence(result: AttemptResult): string {
  if ('failure' in result) return result.failure.message;
  const said = (result.body as { error?: unknown } | null | undefined)?.error;
  if (typeof said === 'string' && said !== '') return said;
  if (result.outcome === 'unreadable') return `The server answered ${result.response.status} with something that is not of this API`;
  return `The server answered ${result.response.status} without saying why`;
}

/** An answer longer than this is not kept for what it carries; our server carries at most half as much. */
const MOST_CARRYING_LENGTH = 128 * 1024;

/** A 412 may carry the present representation as `current` beside the message, with its ETag in the header. */
function carried({ outcome, response, body }: Extract<AttemptResult, { response: unknown }>): Pick<ErrorDetails, 'current'> {
  const value = (body as { current?: unknown } | null | undefined)?.current;
  const etag = response.headers.get('etag');
  if (outcome !== 'precondition-failed' || !etag || response.text.length > MOST_CARRYING_LENGTH) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return { current: { value, etag } };
}

/** The error for an attempt after which a call goes no further: its class by the outcome, its message the server's own sentence. */
export function errorFromAttempt(result: AttemptResult, details: Omit<ErrorDetails, 'status' | 'cause'>): KupeError {
  const Class = 'failure' in result && result.isTimeout ? TimeoutError : ERROR_CLASSES[result.outcome as Exclude<Outcome, 'succeeded'>];
  const facts = 'failure' in result ? { cause: result.failure } : { status: result.response.status, ...carried(result) };
  return new Class(sentence(result), { ...details, ...facts });
}
