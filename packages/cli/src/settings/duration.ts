import { misuse } from '../failure/failure.ts';

const UNIT_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };
const LONGEST_MS = 3650 * 86_400_000;

/** Reads `90s`, `30m`, `1h30m` or `30d` as milliseconds; a bare number is seconds. At most ten years. Fails with exit code 2 otherwise. */
export function parseDuration(text: string): number {
  const isBare = /^\d{1,12}$/.test(text);
  if (!isBare && !/^(\d{1,12}[dhms])+$/.test(text)) {
    throw misuse(`"${text}" is not a duration; write it like 90s, 30m, 1h30m or 30d.`);
  }
  const parts = isBare ? [[text, text, 's']] : [...text.matchAll(/(\d{1,12})([dhms])/g)];
  const totalMs = parts.reduce((sum, [, count = '0', unit = 's']) => sum + Number(count) * (UNIT_MS[unit] ?? 0), 0);
  if (totalMs > LONGEST_MS) throw misuse(`The duration "${text}" is longer than ten years; choose a shorter one.`);
  return totalMs;
}
