import { formatTime } from '@openkupe/contract/clock';
import { misuse } from '../failure/failure.ts';
import { parseDuration } from './duration.ts';

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** The time at which a key ends: an RFC 3339 time as written, or a duration like `30d` from now. Fails with exit code 2 otherwise. */
export function parseExpiry(text: string, nowMs: number): string {
  if (RFC_3339.test(text) && !Number.isNaN(Date.parse(text))) return text;
  if (!/^(\d+[dhms])+$/.test(text)) throw misuse(`--expires is "${text}"; write a duration like 30d or a time like 2027-01-31T12:00:00Z.`);
  return formatTime(nowMs + parseDuration(text));
}
