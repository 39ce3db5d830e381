import type { Row, Spread } from './measure.ts';
import type { Verdict } from './verdicts.ts';
import type { WallClockRun } from './wall-clock.ts';

/** Everything that a run of the benchmark found out. */
export interface Results {
  readonly seeds: number;
  /** The first seed of what was drawn for this run: `--seed`. */
  readonly drawnFrom?: number;
  readonly node: string;
  readonly tookMinutes: number;
  /** What it took of the processors: a busy machine makes the other one longer, and not this one. */
  readonly cpuMinutes: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
  readonly wallClock: readonly WallClockRun[];
  readonly verdicts: readonly Verdict[];
}

function short(value: unknown): unknown {
  if (typeof value !== 'number') return value;
  return Number.isFinite(value) ? Number(value.toPrecision(5)) : 'never';
}

/** JSON with one row per line, so that two runs can be compared line by line. A spread is `[median, least, most]`. */
export function toJson({ rows, wallClock, verdicts, ...about }: Results): string {
  const line = (value: unknown) =>
    JSON.stringify(value, (_, part: unknown) => {
      if (part && typeof part === 'object' && 'median' in part) {
        const { median, least, most } = part as Spread;
        return [short(median), short(least), short(most)];
      }
      return part;
    });
  const lines = (values: readonly unknown[]) => `[\n${values.map((value) => `  ${line(value)}`).join(',\n')}\n ]`;
  const head = Object.entries(about).map(([name, value]) => ` ${JSON.stringify(name)}: ${JSON.stringify(value)},`);
  return `{\n${head.join('\n')}\n "rows": ${lines(rows)},\n "wallClock": ${lines(wallClock)},\n "verdicts": ${lines(verdicts)}\n}\n`;
}

/** What {@link toJson} wrote, with the digits that it kept. */
export function fromJson(text: string): Results {
  const whole = (value: unknown) => (value === 'never' ? Number.POSITIVE_INFINITY : value) as number;
  return JSON.parse(text, (key, value: unknown) => {
    const isSpread = Array.isArray(value) && value.length === 3 && !['rows', 'wallClock', 'verdicts'].includes(key);
    return isSpread ? { median: whole(value[0]), least: whole(value[1]), most: whole(value[2]) } : value;
  }) as Results;
}
