import type { Outcome } from '../retry/classify.ts';
import type { AttemptResult } from '../transport/attempt.ts';
import { ERROR_CLASSES, TimeoutError } from './by-status.ts';
import type { ErrorDetails, KupeError } from './kupe-error.ts';

function sentence(result: AttemptResult): string {
  if ('failure' in result) return result.failure.message;
  const said = (result.body as { error?: unknown } | null | undefined)?.error;
  if (typeof said === 'string' && said !== '') return said;
  if (result.outcome === 'unreadable' && result.response.status >= 300)
    return 'The server answered with a redirect, which is not followed because it would carry the key elsewhere; give the address it leads to';
  if (result.outcome === 'unreadable') return `The server answered ${result.response.status} with something that is not of this API`;
  return `The server answered ${result.response.status} without saying why`;
}

/** A 412 may carry the present representation as `current` beside the message, with its ETag in the header. */
function carried({ outcome, response, body }: Extract<AttemptResult, { response: unknown }>): Pick<ErrorDetails, 'current'> {
  const value = (body as { current?: unknown } | null | undefined)?.current;
  const etag = response.headers.get('etag');
  if (outcome !== 'precondition-failed' || !etag || typeof value !== 'object' || value === null) return {};
  return { current: { value, etag } };
}

/** The error for an attempt after which a call goes no further: its class by the outcome, its message the server's own sentence. */
export function errorFromAttempt(result: AttemptResult, details: Omit<ErrorDetails, 'status' | 'cause'>): KupeError {
  const Class = 'failure' in result && result.isTimeout ? TimeoutError : ERROR_CLASSES[result.outcome as Exclude<Outcome, 'succeeded'>];
  const facts = 'failure' in result ? { cause: result.failure } : { status: result.response.status, ...carried(result) };
  return new Class(sentence(result), { ...details, ...facts });
}
