import { LIMITS, parseRetryAfter, type Random } from '@openkupe/contract';
import type { EventPosition, WebhookAttempt, WebhookObserved } from '../store/resource.ts';

/** What became of one attempt. */
export interface AttemptResult {
  readonly at: number;
  readonly durationMs: number;
  readonly status?: number;
  /** Why there was no answer. */
  readonly error?: string;
  /** The header as the receiver sent it. */
  readonly retryAfter?: string | undefined;
}

const FIRST_MS = 1_000;
/** The longest wait of the first attempts, as the page has it for clients; each one after them doubles it. */
const PAGE_CAP_MS = 30_000;
const PAGE_ATTEMPTS = 6;
const LONGEST_MS = 3_600_000;
/** No receiver can ask for more. */
const LONGEST_ASKED_MS = 24 * 3_600_000;
/** A webhook is disabled once it has failed for this long, and so many times: a wall clock that steps ahead alone disables none. */
const FAILING_MS = 24 * 3_600_000;
const FAILING_ATTEMPTS = 20;
const GONE = 410;

/**
 * The wait after so many failures in a row: "1 s initial delay, 30 s cap" with jitter from the upper half for the first, then doubling to
 * an hour. A longer `Retry-After` wins, up to a day.
 */
export function waitAfter(failures: number, askedMs: number, random: Random): number {
  const early = Math.min(PAGE_CAP_MS, FIRST_MS * 2 ** Math.min(failures - 1, 30));
  const full = Math.min(LONGEST_MS, early * 2 ** Math.max(0, Math.min(failures - PAGE_ATTEMPTS, 30)));
  return Math.max(Math.round(full * (0.5 + random.unit() / 2)), Math.min(askedMs, LONGEST_ASKED_MS));
}

/** Why a webhook is disabled by its last failure; `undefined` while it is tried again. */
function reasonToDisable(status: number | undefined, failures: number, failingMs: number): string | undefined {
  if (status === GONE) return 'The receiver answered 410: it is gone';
  if (failingMs < FAILING_MS || failures < FAILING_ATTEMPTS) return undefined;
  return `No attempt has succeeded for a day: ${failures} failed in a row`;
}

/** Whether the receiver took the message. */
export const isSuccess = (status: number | undefined): boolean => status !== undefined && status >= 200 && status < 300;

function withAttempt(observed: WebhookObserved, attempt: WebhookAttempt): WebhookObserved {
  return { ...observed, attempts: [attempt, ...observed.attempts].slice(0, LIMITS.webhookDeliveries) };
}

/** The status of a webhook after an attempt at the event that is due; `behind` is the position behind it. */
export function afterAttempt(
  observed: WebhookObserved,
  message: EventPosition & { readonly type: string },
  { retryAfter, ...result }: AttemptResult,
  behind: EventPosition,
  random: Random,
): WebhookObserved {
  const { revision, index, type } = message;
  const failures = observed.failures + 1;
  const isDelivered = isSuccess(result.status);
  const {
    failingSince = result.at,
    failedAt: _failedAt,
    nextAttemptAt: _next,
    ...rest
  } = withAttempt(observed, {
    ...{ revision, index, type, attempt: failures, isDelivered },
    ...result,
  });
  if (isDelivered) return { ...rest, position: behind, failures: 0 };
  const askedMs = (retryAfter && parseRetryAfter(retryAfter, { nowMs: result.at })) || 0;
  const disabled = reasonToDisable(result.status, failures, result.at - failingSince);
  const nextAttemptAt = result.at + waitAfter(failures, askedMs, random);
  return { ...rest, failures, failingSince, failedAt: result.at, ...(disabled === undefined ? { nextAttemptAt } : { disabled }) };
}

/** The status after a redelivery that was asked for, which is attempted once. */
export function afterRedelivery(
  observed: WebhookObserved,
  asked: EventPosition,
  type: string,
  { retryAfter: _asked, ...result }: AttemptResult,
): WebhookObserved {
  const { revision, index } = asked;
  const redeliveries = observed.redeliveries.slice(1);
  const attempt = { revision, index, type, attempt: 0, isDelivered: isSuccess(result.status), ...result };
  return withAttempt({ ...observed, redeliveries }, attempt);
}
