import type { AttemptResult } from '../transport/attempt.ts';
import { ERROR_CLASSES, TimeoutError } from './by-status.ts';
import type { ErrorDetails, KupeError } from './kupe-error.ts';

function sentence({ failure, body, outcome, response }: AttemptResult): string {
  const said = failure?.message ?? (body as { error?: unknown } | null | undefined)?.error;
  if (typeof said === 'string' && said !== '') return said;
  if (!response) return 'There was no answer';
  const how = outcome === 'unreadable' ? 'with something that is not of this API' : 'without saying why';
  return `The server answered ${response.status} ${how}`;
}

/** A 412 may carry the present representation as `current` beside the message, with its ETag in the header. */
function carried({ outcome, response, body }: AttemptResult): ErrorDetails['current'] {
  const value = (body as { current?: unknown } | null | undefined)?.current;
  const etag = response?.headers.get('etag');
  return outcome === 'precondition-failed' && etag && typeof value === 'object' && value !== null ? { value, etag } : undefined;
}

/** The error for an attempt after which a call goes no further: its class by the outcome, its message the server's own sentence. */
export function errorFromAttempt(result: AttemptResult, details: ErrorDetails): KupeError {
  const Class = result.isTimeout ? TimeoutError : ERROR_CLASSES[result.outcome as keyof typeof ERROR_CLASSES];
  const { failure: cause, response } = result;
  return new Class(sentence(result), { ...details, cause, status: response?.status, current: carried(result) });
}
