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
 * Stage 3, before any work: refuses with 503 what this process cannot answer in time, and what nobody waits for any more. Returns what is
 * to be called once the answer is decided. Health checks do not come this way.
 */
export function passOverload(exchange: Exchange, route: Route, { overload, clock }: Ports): () => void {
  const { method, headers } = exchange.request;
  const priority = priorityOf({ method, isList: route.id.endsWith('.list'), isHealth: false, isRepeated: false });
  const deadlineAt = deadlineOf(headers['x-request-deadline']);
  // A deadline still to come is not passed on: missing it would lower the limit, and callers could lower it for everybody at will.
  const hasPassed = deadlineAt !== undefined && deadlineAt <= clock.now();
  const admission = overload.admit({ priority, deadlineAt: hasPassed ? deadlineAt : undefined });
  if (admission.isAdmitted) return admission.end;
  const message =
    admission.reason === 'deadline'
      ? 'The time in X-Request-Deadline has passed, so nothing was executed; send the request again with a later one'
      : 'The control plane has more to do than it can at the moment; nothing was executed, retry with backoff';
  throw unavailable(message, admission.retryAfterMs, admission.reason === 'deadline' ? 'deadline-passed' : 'overloaded');
}
