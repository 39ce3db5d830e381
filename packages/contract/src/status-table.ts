/**
 * The status table of the errors page as data. The server makes its errors from it, the SDK its error classes, the docs their table.
 */

/** What a client does after an error: give up, read again and re-apply, wait for `Retry-After`, or back off and repeat. */
export type RetryAdvice = 'stop' | 're-read' | 'wait' | 'back-off';

/** One status that the API answers for an error, and what follows from it for the caller. */
export interface StatusRow {
  readonly status: number;
  /** The row's stable name, used for error classes and the `Error-Code` header. */
  readonly name: string;
  readonly meaning: string;
  readonly retry: boolean;
  readonly advice: RetryAdvice;
  /** What the caller does about it. */
  readonly remedy: string;
  /** What the message has to contain, so that status and message together are enough to decide. */
  readonly messageSays: string;
}

/** The nine rows of the page, in its order. */
export const STATUS_TABLE = [
  {
    status: 400,
    name: 'invalid-request',
    meaning: 'Invalid request, bad input, unknown fields, or validation failure',
    retry: false,
    advice: 'stop',
    remedy: 'fix the request',
    messageSays: 'which field, what was given, what is allowed',
  },
  {
    status: 401,
    name: 'unauthenticated',
    meaning: 'Missing or invalid authentication',
    retry: false,
    advice: 'stop',
    remedy: 'refresh credentials',
    messageSays: 'whether the credential is missing, malformed or not valid; never whether the key exists',
  },
  {
    status: 403,
    name: 'forbidden',
    meaning: 'Insufficient permissions for the tenant or role',
    retry: false,
    advice: 'stop',
    remedy: 'use a key with the right role',
    messageSays: 'the role that is needed; never whether the tenant exists',
  },
  {
    status: 404,
    name: 'not-found',
    meaning: 'Resource not found',
    retry: false,
    advice: 'stop',
    remedy: 'fix the path or wait for async creation',
    messageSays: 'what was not found, and where',
  },
  {
    status: 409,
    name: 'already-exists',
    meaning: 'Resource already exists',
    retry: false,
    advice: 'stop',
    remedy: 'check the existing resource',
    messageSays: 'the name that is taken and how to read what holds it',
  },
  {
    status: 412,
    name: 'precondition-failed',
    meaning: 'ETag mismatch because the resource changed after you read it',
    retry: true,
    advice: 're-read',
    remedy: 're-fetch and retry',
    messageSays: 'which resource changed, and that nothing was written',
  },
  {
    status: 429,
    name: 'rate-limited',
    meaning: 'Rate limited',
    retry: true,
    advice: 'wait',
    remedy: 'wait Retry-After seconds',
    messageSays: 'the seconds to wait, and which limit it was',
  },
  {
    status: 500,
    name: 'internal',
    meaning: 'Internal server error',
    retry: true,
    advice: 'back-off',
    remedy: 'retry with backoff, and surface it if it persists',
    messageSays: 'the request id to quote, and nothing else',
  },
  {
    status: 503,
    name: 'unavailable',
    meaning: 'Service unavailable, for example while a cluster is still becoming ready',
    retry: true,
    advice: 'back-off',
    remedy: 'retry with backoff',
    messageSays: 'what is not ready, and its present phase',
  },
] as const satisfies readonly StatusRow[];

/**
 * Statuses below the page's table that HTTP itself needs. A client that knows only the nine treats them as 400 (RFC 9110 §15), and
 * that is what they mean: the request must be fixed. See docs/decisions/0002.
 */
export const TRANSPORT_STATUS_TABLE = [
  {
    status: 405,
    name: 'method-not-allowed',
    meaning: 'The path exists, but not with this method',
    retry: false,
    advice: 'stop',
    remedy: 'use a method listed in Allow',
    messageSays: 'the method, the path, and the methods that exist',
  },
  {
    status: 408,
    name: 'request-timeout',
    meaning: 'The request did not arrive completely in time',
    retry: false,
    advice: 'stop',
    remedy: 'send the whole request sooner',
    messageSays: 'how long the server waited',
  },
  {
    status: 413,
    name: 'content-too-large',
    meaning: 'The request body is larger than the limit',
    retry: false,
    advice: 'stop',
    remedy: 'send a smaller body',
    messageSays: 'the limit in bytes',
  },
  {
    status: 415,
    name: 'unsupported-media-type',
    meaning: 'The request body is declared as something other than JSON',
    retry: false,
    advice: 'stop',
    remedy: 'send Content-Type: application/json',
    messageSays: 'the type that was sent and the type that is read',
  },
  {
    status: 431,
    name: 'headers-too-large',
    meaning: 'The request line and headers are larger than the limit',
    retry: false,
    advice: 'stop',
    remedy: 'send fewer or shorter headers',
    messageSays: 'the limit in bytes',
  },
] as const satisfies readonly StatusRow[];

/** A status in a row of the errors page. */
export type SpecStatus = (typeof STATUS_TABLE)[number]['status'];
/** Every status that the API answers for an error. */
export type ErrorStatus = SpecStatus | (typeof TRANSPORT_STATUS_TABLE)[number]['status'];
/** The name of a row of either table, as in the `Error-Code` header. */
export type ErrorName = (typeof STATUS_TABLE)[number]['name'] | (typeof TRANSPORT_STATUS_TABLE)[number]['name'];

const ROWS = new Map<number, StatusRow>([...STATUS_TABLE, ...TRANSPORT_STATUS_TABLE].map((row) => [row.status, row]));

/** The row of a status that this API answers. Throws a RangeError for any other, which is a defect of the caller. */
export function statusRow(status: ErrorStatus): StatusRow {
  const row = ROWS.get(status);
  if (!row) throw new RangeError(`Status ${status} is in no table of the contract`);
  return row;
}

/** Path of the page about all errors; below it, by status, one about each (`/docs/errors/412`), which errors name in `Link: rel="help"`. */
export const ERROR_HELP_PATH = '/docs/errors';
