import { type Clock, LIMITS, SUGGESTED_WAITS } from '@openkupe/contract';
import { invalidRequest, Refusal, unavailable } from '../errors/refusal.ts';
import { type Overload, type OverloadRefusal, type Permit, priorityOf } from '../overload/overload.ts';
import type { UnreadAnswers } from '../overload/unread-answers.ts';
import { rateLimitFields } from '../rate-limit/rate-limit-fields.ts';
import type { Exchange, IncomingRequest } from './exchange.ts';
import type { FoundRoute } from './find-route.ts';

/** What {@link passOverload} needs. */
export interface OverloadDependencies {
  readonly clock: Pick<Clock, 'now'>;
  readonly overload: Overload;
}

/** What {@link waitForListPermit} needs. */
export interface ListDependencies {
  /** Long answers that are not read yet. */
  readonly unread: Pick<UnreadAnswers, 'isFull' | 'listPermit' | 'slicePermit'>;
}

/** Counts the requests that run, so that a shutdown can let them finish and refuse the rest with 503. */
export interface Lifecycle {
  readonly isDraining: boolean;
  readonly running: number;
  /** Counts a request until it is disposed of, once its answer is decided. */
  begin(): Disposable;
  /** Refuses new requests from now on. Resolves when none runs any more. */
  drain(): Promise<void>;
}

/** The life of one server: it serves, then it drains. */
export function createLifecycle(): Lifecycle {
  let running = 0;
  let isDraining = false;
  const idle: Array<() => void> = [];
  const end = () => {
    running -= 1;
    if (isDraining && running === 0) for (const resolve of idle.splice(0)) resolve();
  };
  return {
    get isDraining() {
      return isDraining;
    },
    get running() {
      return running;
    },
    begin() {
      running += 1;
      return { [Symbol.dispose]: end };
    },
    drain() {
      isDraining = true;
      return running === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve));
    },
  };
}

/** Stage 2, before it: 503 for what comes after a shutdown has begun. */
export function refuseDraining({ isDraining }: Pick<Lifecycle, 'isDraining'>): Refusal | undefined {
  if (!isDraining) return undefined;
  return unavailable('The control plane is shutting down; retry with backoff', SUGGESTED_WAITS.drainingMs, 'draining');
}

/** When the caller stops waiting, as epoch milliseconds, from `X-Request-Deadline` (RFC 3339); what is no time says nothing. */
function deadlineOf(sent: string | undefined): number | undefined {
  if (sent === undefined || !/^\d{4}-\d\d-\d\dT[\d:.]{8,18}(Z|[+-]\d\d:\d\d)$/.test(sent)) return undefined;
  const deadlineAt = Date.parse(sent);
  return Number.isNaN(deadlineAt) ? undefined : deadlineAt;
}

/** Whether the caller has stopped waiting for the answer. */
export function hasExpired({ headers }: IncomingRequest, { clock }: Pick<OverloadDependencies, 'clock'>): boolean {
  const deadlineAt = deadlineOf(headers['x-request-deadline']);
  // A deadline still to come says nothing: if missing it lowered the limit, callers could lower it for everybody at will.
  return deadlineAt !== undefined && deadlineAt <= clock.now();
}

/**
 * Whether the caller has tried before, by its own `X-Request-Attempt`: a whole number, 1 for the first. It can only make a request yield
 * to others, so there is nothing to win with it; a request without it counts as a first attempt.
 */
function isRepeated(sent: string | undefined): boolean {
  return sent !== undefined && /^[1-9]\d{0,8}$/.test(sent) && Number(sent) > 1;
}

/** A refusal as the 503 it is. */
export function overloaded({ reason, retryAfterMs }: OverloadRefusal): Refusal {
  const message =
    reason === 'deadline'
      ? 'The time in X-Request-Deadline has passed, so nothing was executed; send the request again with a later one'
      : 'The control plane has more to do than it can at the moment; nothing was executed, retry with backoff';
  return unavailable(message, retryAfterMs, reason === 'deadline' ? 'deadline-passed' : 'overloaded');
}

/**
 * Stage 3, before any work: refuses what this process cannot answer in time, and what the caller has stopped waiting for; the refusal is
 * returned, because throwing costs more than all else that refusing takes. The permit is to be disposed of once the answer is decided.
 * Health checks do not come this way.
 */
export function passOverload({ request }: Exchange, { isList }: FoundRoute, deps: OverloadDependencies): Permit | OverloadRefusal {
  const priority = priorityOf({ method: request.method, isList, isRepeated: isRepeated(request.headers['x-request-attempt']) });
  return deps.overload.admit({ priority, hasExpired: hasExpired(request, deps) });
}

/** Drops a request whose connection was lost before it began: the answer would reach no client, and the work would keep others waiting. */
export function refuseIfGone(request: IncomingRequest): void {
  if (request.isGone?.()) throw invalidRequest('The connection was lost before the request began; nothing was executed', 'connection-lost');
}

function refuseUnread({ socketAddress }: IncomingRequest, { unread }: ListDependencies): void {
  if (!unread.isFull(socketAddress)) return;
  const waitMs = SUGGESTED_WAITS.unreadAnswersMs;
  const state = { name: 'unread-bytes', remaining: 0, resetSeconds: waitMs / 1000 };
  throw new Refusal(429, 'Too many answers to this address are unread; read those, or ask for fewer at the same time', {
    code: 'rate-limited-answers',
    headers: { ...rateLimitFields([{ name: 'unread-bytes', quota: LIMITS.unreadBytesPerAddress }], [state], waitMs) },
  });
}

/**
 * Stage 8, before it, for a list: 429 for an address that does not read what it is answered, otherwise waits until it may be made, since
 * each takes memory until it is read. The permit is to be disposed of once it is made.
 */
export async function waitForListPermit(request: IncomingRequest, deps: ListDependencies): Promise<Disposable> {
  refuseUnread(request, deps);
  const permit = await deps.unread.listPermit(request.socketAddress);
  try {
    refuseIfGone(request);
    refuseUnread(request, deps);
    return permit;
  } catch (error) {
    permit[Symbol.dispose]();
    throw error;
  }
}
