import { counted, formatRetryAfter } from '@openkupe/contract';
import { Refusal } from '../errors/refusal.ts';
import type { GuardRefusal } from '../rate-limit/guard.ts';
import type { Exchange, IncomingRequest } from './exchange.ts';
import type { Ports } from './ports.ts';

/** What the two limits are called in a message. */
const LIMIT_NAMES = {
  address: 'requests from this address',
  authentication: 'failed authentications from this address',
  looks: 'looks at the limits from this address',
} as const;

/** A refusal of the guard as the 429 it is, with the same words for every cause of the same kind. */
export function tooManyRequests(refusal: GuardRefusal, exchange: Exchange): Refusal {
  Object.assign(exchange.progress.headers, refusal.headers);
  const seconds = formatRetryAfter(refusal.retryAfterMs);
  return new Refusal(429, `Too many ${LIMIT_NAMES[refusal.limit]}; wait ${counted(seconds, 'second')} before the next request`, {
    code: `rate-limited-${refusal.limit}`,
    headers: { 'retry-after': seconds },
    isSlotReserved: refusal.isReserved,
  });
}

/** Whether this is the request that shows the limits, which uses up none of them as long as it is answered. */
export function isLookAtLimits(request: IncomingRequest): boolean {
  return request.match?.route.id === 'limits.get';
}

const askedBy = ({ clientAddress: address, credential }: Exchange) => (credential === undefined ? { address } : { address, credential });

/** Stage 2. "When you exceed the limit you get a 429 response with a Retry-After header." Nothing has been executed before it. */
export function passGuard(exchange: Exchange, { guard }: Ports): void {
  const look = isLookAtLimits(exchange.request) ? guard.admitLook(askedBy(exchange)) : undefined;
  const admission = look ?? guard.admit(askedBy(exchange));
  if (!admission.isAdmitted) throw tooManyRequests(admission, exchange);
  Object.assign(exchange.progress.headers, admission.headers);
  if (look?.isAdmitted) exchange.progress.finishLook = look.finish;
}
