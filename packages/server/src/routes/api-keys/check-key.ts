import { LIMITS } from '@openkupe/contract';
import { conflict, invalidField, invalidRequest } from '../../errors/refusal.ts';
import type { Resource, ResourceKey } from '../../store/resource.ts';

const RFC_3339 =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Date.parse takes the 31st of February for a day of March. */
function isRealDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}

/** Refuses an expiry that is no time, or that has passed. */
export function checkExpiry(expiresAt: string, now: number): void {
  const at = RFC_3339.test(expiresAt) && isRealDay(expiresAt) ? Date.parse(expiresAt) : Number.NaN;
  if (Number.isNaN(at))
    throw invalidField('expiresAt', `expiresAt must be an RFC 3339 time such as "2027-01-01T00:00:00Z", not ${JSON.stringify(expiresAt)}`);
  if (at <= now) throw invalidField('expiresAt', `expiresAt must be in the future, not ${JSON.stringify(expiresAt)}`);
}

/** Refuses one key more than a tenant can have, and every new key of a tenant that is on its way out. */
export function checkRoomForKey(tenant: Resource<'tenant'>, keys: readonly ResourceKey<'api-key'>[]): void {
  if (tenant.deletedAt !== undefined) throw conflict(`Tenant "${tenant.name}" is being deleted; it takes no new API keys`, 'terminating');
  if (keys.length >= LIMITS.apiKeysPerTenant) {
    throw invalidRequest(`A tenant can have at most ${LIMITS.apiKeysPerTenant} API keys; delete one that is not used`);
  }
}
