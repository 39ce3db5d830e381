import { CONNECT_SCOPE, hasScope, type Role, SUGGESTED_WAITS } from '@openkupe/contract';
import type { Store } from '../store/store.ts';
import { roleOf } from './granted-role.ts';
import type { Verification } from './verify-credential.ts';

/** Nothing was decided; ask again after this time. */
export interface NotNow {
  readonly status: 429 | 503;
  readonly retryAfterMs: number;
}

/**
 * Which role a verified credential has in the clusters of `tenant`; `foreign` for a valid one of another tenant or without the scope for it,
 * `unknown` for one that is not valid.
 */
export async function roleInTenant(
  verification: Verification,
  tenant: string,
  store: Pick<Store, 'get'>,
): Promise<Role | 'foreign' | 'unknown' | NotNow> {
  switch (verification.outcome) {
    case 'identified':
      if (!hasScope(verification.identity.restriction?.scopes, CONNECT_SCOPE)) return 'foreign';
      return (await roleOf(verification.identity, tenant, store)) ?? 'foreign';
    case 'refused':
      return { status: 429, retryAfterMs: verification.refusal.retryAfterSeconds * 1000 };
    case 'unavailable':
      return { status: 503, retryAfterMs: SUGGESTED_WAITS.issuerMs };
    case 'invalid':
      return 'unknown';
  }
}
