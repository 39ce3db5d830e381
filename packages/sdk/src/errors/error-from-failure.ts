import type { StopReason } from '@openkupe/contract/retry/decide';
import { readEtag } from '../etag.ts';
import type { Failure } from '../retry/failure.ts';
import type { AttemptResult } from '../transport/attempt.ts';
import { ERROR_CLASSES, type ErrorClass, RateLimitedError, TimeoutError, UnauthenticatedError, UnavailableError } from './by-status.ts';
import type { ErrorDetails, KupeError } from './kupe-error.ts';

/** The class and the sentence for a call that ended while it waited to be sent. */
const UNSENT: Partial<Record<StopReason, readonly [ErrorClass, string, number?]>> = {
  'credential-refused': [UnauthenticatedError, 'The API key was just refused with 401, so nothing was sent; use another key', 401],
  'circuit-open': [UnavailableError, 'The service is known to be down, so nothing was sent; try again later'],
  'retry-after-too-long': [RateLimitedError, 'The server asked for a longer wait than is allowed before anything is sent; try again later'],
};
const LATE = [TimeoutError, 'The deadline of the call passed before it could be sent; allow more time'] as const;

function sentence({ failure, body, outcome, response }: AttemptResult, origin: string): string {
  // NOTE: what stands in between, such as a gateway, may take the request for problem+json at its word and send no `error`.
  const { error, detail } = (body ?? {}) as { readonly error?: unknown; readonly detail?: unknown };
  const said = [failure?.message, error, detail].find((text) => typeof text === 'string' && text !== '');
  if (typeof said === 'string') return said;
  if (!response) return 'There was no answer';
  if (outcome === 'unreadable' && response.status >= 300)
    return 'The server answered with a redirect, which is not followed because it would carry the key elsewhere; give the address it leads to';
  const [type] = (response.headers.get('content-type') ?? '').split(';');
  const what = type ? `${type}, and` : 'something';
  const how = outcome === 'unreadable' ? `with ${what} that is not of this API; check the host` : 'without saying why';
  return `The server at ${origin} answered ${response.status} ${how}`;
}

/** In a longer answer no representation is searched; the server's are shorter. In UTF-16 code units. */
const MOST_CARRYING_LENGTH = 128 * 1024;

/** A 412 may carry the present representation as `current` beside the message, with its ETag in the header. */
function carried({ outcome, response, body }: AttemptResult): ErrorDetails['current'] {
  const value = (body as { current?: unknown } | null | undefined)?.current;
  const etag = response && readEtag(response.headers);
  if (outcome !== 'precondition-failed' || !etag || (response?.text.length ?? 0) > MOST_CARRYING_LENGTH) return undefined;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { value, etag } : undefined;
}

/** The lists beside the message of a fuller body (RFC 9457); none of what is not a list of objects. */
function listed({ body }: AttemptResult): Pick<ErrorDetails, 'errors' | 'changes'> {
  const { errors, changes } = (typeof body === 'object' && body !== null ? body : {}) as Readonly<Record<string, unknown>>;
  const objects = (list: unknown) => (Array.isArray(list) ? list.filter((one) => typeof one === 'object' && one !== null) : []);
  return { errors: objects(errors), changes: objects(changes) };
}

/** The error for a call that got no 2xx: its class by the outcome of the last attempt, its message the server's own sentence. */
export function errorFromFailure({ result, before, ...facts }: Failure, origin: string): KupeError {
  if (!result) {
    const [Class, message, status] = UNSENT[facts.stopReason] ?? LATE;
    return new Class(message, { ...facts, status, cause: before && errorFromFailure(before, origin) });
  }
  const Class = result.isTimeout ? TimeoutError : ERROR_CLASSES[result.outcome as keyof typeof ERROR_CLASSES];
  const { failure: cause, response } = result;
  return new Class(sentence(result, origin), { ...facts, cause, status: response?.status, current: carried(result), ...listed(result) });
}
