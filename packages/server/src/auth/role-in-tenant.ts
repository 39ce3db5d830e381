import { type Role, SUGGESTED_WAITS } from '@openkupe/contract';
import type { Verification } from './verify-credential.ts';

/** Nothing was decided; ask again after this time. */
export interface NotNow {
  readonly status: 429 | 503;
  readonly retryAfterMs: number;
}

/** Which role a verified credential has in `tenant`; `foreign` for a valid one of another tenant, `unknown` for one that is not valid. */
export function roleInTenant(verification: Verification, tenant: string): Role | 'foreign' | 'unknown' | NotNow {
  switch (verification.outcome) {
    case 'identified':
      return verification.identity.roles.get(tenant) ?? 'foreign';
    case 'refused':
      return { status: 429, retryAfterMs: verification.refusal.retryAfterMs };
    case 'unavailable':
      return { status: 503, retryAfterMs: SUGGESTED_WAITS.issuerMs };
    case 'invalid':
      return 'unknown';
  }
}
