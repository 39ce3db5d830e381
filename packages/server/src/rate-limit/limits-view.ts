import type { AuthBackoff } from '../auth/backoff/auth-backoff.ts';
import type { AddressLimit } from './address-limit.ts';
import type { LimitView } from './admission.ts';
import type { Caller, CallerLimits } from './caller-limits.ts';

/**
 * The body of `GET /api/v1/tenants/{tenant}/limits`: every limit that applies to the caller, and what is left of each now. Showing them
 * charges nothing.
 */
export function limitsView(request: {
  readonly addressLimit: Pick<AddressLimit, 'show'>;
  readonly authBackoff: Pick<AuthBackoff, 'show'>;
  readonly address: string;
  readonly callerLimits?: Pick<CallerLimits, 'show'> | undefined;
  readonly caller: Caller;
}): { readonly items: readonly LimitView[] } {
  const { addressLimit, authBackoff, address, callerLimits, caller } = request;
  return { items: [...addressLimit.show(address), authBackoff.show(address), ...(callerLimits?.show(caller) ?? [])] };
}
