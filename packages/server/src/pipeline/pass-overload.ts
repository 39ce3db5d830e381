import type { Route } from '@openkupe/contract';
import { priorityOf } from '../guard/overload.ts';
import type { Ports } from '../ports.ts';
import { unavailable } from '../refusal.ts';
import type { Exchange } from './exchange.ts';

/** When the caller stops waiting, as epoch milliseconds, from `X-Request-Deadline` (RFC 3339); what is no time says nothing. */
function deadlineOf(sent: string | undefined): number | undefined {
  if (sent === undefined || !/^\d{4}-\d\d-\d\dT[\d:.]{8,18}(Z|[+-]\d\d:\d\d)$/.test(sent)) return undefined;
  const deadlineAt = Date.parse(sent);
  return Number.isNaN(deadlineAt) ? undefined : deadlineAt;
}

/**
 * Whether the caller has tried before, by its own `X-Request-Attempt`: a whole number, 1 for the first. It can only make a request yield
 * to others, so there is nothing to win with it; who says nothing is taken for a first attempt.
 */
function isRepeated(sent: string | undefined): boolean {
  return sent !== undefined && /^[1-9]\d{0,8}$/.test(sent) && Number(sent) > 1;
}

/**
 * Stage 3, before any work: refuses with 503 what this process cannot answer in time, and what nobody waits for any more. Returns what is
 * to be called once the answer is decided. Health checks do not come this way.
 */
export function passOverload(exchange: Exchange, route: Route, { overload, clock }: Ports): () => void {
  const { method, headers } = exchange.request;
  const isList = route.id.endsWith('.list');
  const priority = priorityOf({ method, isList, isRepeated: isRepeated(headers['x-request-attempt']) });
  const deadlineAt = deadlineOf(headers['x-request-deadline']);
  // A deadline still to come says nothing: if missing it lowered the limit, callers could lower it for everybody at will.
  const admission = overload.admit({ priority, hasExpired: deadlineAt !== undefined && deadlineAt <= clock.now() });
  if (admission.isAdmitted) return admission.end;
  const message =
    admission.reason === 'deadline'
      ? 'The time in X-Request-Deadline has passed, so nothing was executed; send the request again with a later one'
      : 'The control plane has more to do than it can at the moment; nothing was executed, retry with backoff';
  throw unavailable(message, admission.retryAfterMs, admission.reason === 'deadline' ? 'deadline-passed' : 'overloaded');
}
