import { AUTH_BACKOFF } from '../auth/backoff/auth-failure-backoff.ts';
import type { Caller, CallerLimits } from './caller-limits.ts';
import type { GuardOperation, LimitView } from './guard-operation.ts';

/**
 * The body of `GET /api/v1/tenants/{tenant}/limits`: every limit that applies to the caller, and what is left of each now. Looking
 * charges nothing. The address's failed authentications are shown as a policy like any other, because a limit that cannot be seen
 * cannot be kept.
 */
export function limitsView(request: {
  readonly guard: Pick<GuardOperation, 'show'>;
  readonly address: string;
  readonly callerLimits?: Pick<CallerLimits, 'show'>;
  readonly caller: Caller;
}): { readonly items: readonly LimitView[] } {
  const { limits, authentication } = request.guard.show(request.address);
  const freeFailures = AUTH_BACKOFF.group.freeFailures;
  const failures: LimitView = {
    name: 'authentication',
    scope: 'authentication',
    quota: freeFailures,
    remaining: Math.max(0, freeFailures - authentication.failures),
    resetSeconds: Math.ceil(authentication.blockedForMs / 1000),
    isShadow: false,
  };
  return { items: [...limits, failures, ...(request.callerLimits?.show(request.caller) ?? [])] };
}
