/**
 * `Retry-After`, both sides. "Retry-After is the number of seconds to wait before retrying."
 */

/** The header value for a wait of `waitMs`: whole seconds, rounded up, at least 1, so that a client that obeys is never early. */
export function formatRetryAfter(waitMs: number): string {
  return String(Math.max(1, Math.ceil(waitMs / 1000)));
}

/** What an HTTP-date in `Retry-After` is read relative to. */
export interface RetryAfterContext {
  /** The response's own `Date` header: an HTTP-date is read relative to it, so that a skewed local clock does no harm. */
  readonly responseDate?: string | null;
  /** Local wall-clock time in milliseconds, used when there is no readable `Date`. */
  readonly nowMs: number;
}

/** No wait is longer than a year: beyond that a date would no longer be one. */
const LONGEST_WAIT_MS = 366 * 24 * 60 * 60 * 1000;

/** Headers that are longer hold no wait. In UTF-16 code units. */
const MOST_LENGTH = 256;
/** The name of a day, which an HTTP-date has a comma behind. */
const DAY_NAME = /^[A-Z][a-z]{2,8}$/;

/** The values of a header that came once or several times, joined by commas. */
function valuesOf(header: string): string[] {
  const values: string[] = [];
  for (const part of header.split(',')) {
    const before = values.at(-1);
    if (before !== undefined && DAY_NAME.test(before.trim())) values[values.length - 1] = `${before},${part}`;
    else values.push(part);
  }
  return values;
}

/** An HTTP-date in any of the three forms of RFC 9110 §5.6.7, in milliseconds since the epoch; NaN for anything else. */
function parseHttpDate(text: string): number {
  if (!/^[A-Z][a-z]{2,8},? [\w -]{6,11} \d\d:\d\d:\d\d (GMT|\d{4})$/.test(text)) return Number.NaN;
  // NOTE: asctime names no zone and means UTC; without one it would be read as local time.
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
}

/**
 * The wait in milliseconds that a received `Retry-After` asks for, or `undefined` when there is none or it cannot be read.
 *
 * Accepts whole and fractional seconds and HTTP-dates (RFC 9110 §10.2.3); a date in the past is 0. Where a header came twice, joined
 * by a comma, the longer wait counts. At most a year.
 *
 * @example parseRetryAfter('7', { nowMs: 0 }) // 7000
 */
export function parseRetryAfter(header: string | null | undefined, context: RetryAfterContext): number | undefined {
  const dated = parseHttpDate((context.responseDate ?? '').trim());
  const from = Number.isNaN(dated) ? context.nowMs : dated;
  const waits = valuesOf((header ?? '').slice(0, MOST_LENGTH))
    .map((value) => value.trim())
    .map((text) => (/^\d+(\.\d+)?$/.test(text) ? 1000 * Number(text) : parseHttpDate(text) - from));
  const longest = Math.ceil(Math.max(...waits));
  return Number.isNaN(longest) ? undefined : Math.min(LONGEST_WAIT_MS, Math.max(0, longest));
}
