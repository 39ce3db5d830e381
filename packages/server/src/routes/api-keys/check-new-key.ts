import type { ApiKeyCreate } from '@openkupe/contract';
import { invalidField } from '../../errors/refusal.ts';
import { checkLimits } from './check-limits.ts';

const RFC_3339 =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Date.parse takes the 31st of February for a day of March. */
function isRealDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}

/** Refuses a blank name, an expiry that is no time or that has passed, and what `checkLimits` refuses. */
export function checkNewKey(key: ApiKeyCreate, now: number): void {
  const { displayName, expiresAt } = key;
  if (displayName.trim() === '') throw invalidField('displayName', 'displayName must not be blank');
  checkLimits(key, key.role);
  if (!expiresAt) return;
  const at = RFC_3339.test(expiresAt) && isRealDay(expiresAt) ? Date.parse(expiresAt) : Number.NaN;
  if (Number.isNaN(at))
    throw invalidField('expiresAt', `expiresAt must be an RFC 3339 time such as "2027-01-01T00:00:00Z", not ${JSON.stringify(expiresAt)}`);
  if (at <= now) throw invalidField('expiresAt', `expiresAt must be in the future, not ${JSON.stringify(expiresAt)}`);
}
