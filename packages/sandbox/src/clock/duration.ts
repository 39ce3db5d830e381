const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The longest duration that can be named: ten years, in milliseconds. */
const MOST_MS = 3_650 * UNITS.d;

/** What {@link parseDuration} reads, as a regular expression. */
export const DURATION_PATTERN = '^\\d{1,12}(\\.\\d{1,6})?(ms|s|m|h|d)$';

/** A duration such as `1500ms`, `90s`, `10m`, `1.5h` or `31d` in milliseconds. @throws with a sentence where it is none, or above ten years. */
export function parseDuration(text: string): number {
  const found = new RegExp(DURATION_PATTERN).exec(text);
  const ms = found ? Math.round(Number.parseFloat(text) * UNITS[found[2] as keyof typeof UNITS]) : Number.NaN;
  if (!(ms <= MOST_MS)) throw new Error(`"${text}" is no duration; write one such as 500ms, 90s, 10m, 2h or 31d, of at most ten years`);
  return ms;
}
