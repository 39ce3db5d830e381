import { counted, formatRetryAfter, type Route } from '@openkupe/contract';
import type { Principal } from '../auth/principal.ts';
import { Refusal } from '../errors/refusal.ts';
import { requestCost } from '../rate-limit/caller-limits.ts';
import type { Exchange } from './exchange.ts';
import { isLookAtLimits } from './pass-guard.ts';
import type { Ports } from './ports.ts';

/** What the operator's own limits of keys and tenants are called in a message. */
const WHAT: Readonly<Record<string, string>> = {
  key: 'requests with this key',
  tenant: 'requests in this tenant',
  concurrency: 'requests of this tenant at the same time',
};

const NOTHING_TO_END = () => {};

/**
 * Stage 5, after the caller is known: the limits of its key and its tenant, where the operator has set any. Throws the 429; returns what
 * is to be called once the answer is decided.
 */
export function passCallerLimits(exchange: Exchange, route: Route, principal: Principal, ports: Ports): () => void {
  if (!ports.callerLimits || principal.tenant === '' || isLookAtLimits(exchange.request)) return NOTHING_TO_END;
  const cost = requestCost({ method: exchange.request.method, isList: route.id.endsWith('.list') });
  const admission = ports.callerLimits.admit({ tenant: principal.tenant, key: principal.actor }, cost);
  Object.assign(exchange.progress.headers, admission.headers);
  if (admission.isAdmitted) return admission.end;
  const seconds = formatRetryAfter(admission.retryAfterMs);
  throw new Refusal(429, `Too many ${WHAT[admission.policy] ?? 'requests'}; wait ${counted(seconds, 'second')} before the next request`, {
    code: `rate-limited-${admission.policy}`,
    headers: { 'retry-after': seconds },
  });
}
