/**
 * `Retry-After`, both sides. "Retry-After is the number of seconds to wait before retrying."
 */

/** The header value for a wait of `waitMs`: whole seconds, rounded up, at least 1, so that a client that obeys is never early. */
export function formatRetryAfter(waitMs: number): string {
  return String(Math.max(1, Math.ceil(waitMs / 1000)));
}

export interface RetryAfterContext {
  /** The response's own `Date` header: an HTTP-date is read relative to it, so that a skewed local clock does no harm. */
  readonly responseDate?: string | null;
  /** Local wall-clock time in milliseconds, used when there is no readable `Date`. */
  readonly nowMs: number;
}

/**
 * The wait in milliseconds that a received `Retry-After` asks for, or `undefined` when there is none or it cannot be read.
 *
 * Accepts whole and fractional seconds and HTTP-dates (RFC 9110 §10.2.3); a date in the past is 0.
 *
 * @example parseRetryAfter('7', { nowMs: 0 }) // 7000
 */
export function parseRetryAfter(header: string | null | undefined, context: RetryAfterContext): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) {
    const waitMs = Math.ceil(Number(text) * 1000);
    return Number.isSafeInteger(waitMs) ? waitMs : undefined;
  }
  if (!/^[A-Za-z]{3,9}[, ]/.test(text)) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  const served = context.responseDate ? Date.parse(context.responseDate) : Number.NaN;
  return Math.max(0, at - (Number.isNaN(served) ? context.nowMs : served));
}
