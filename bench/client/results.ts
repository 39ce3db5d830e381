import { parseResults, printResults } from '../harness/results.ts';
import type { Row } from './measure.ts';
import type { TargetOutcome } from './verdicts.ts';
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
  readonly verdicts: readonly TargetOutcome[];
}

/** The text of `bench/results/client.json`. */
export function toJson(results: Results): string {
  return `${printResults(results)}\n`;
}

/** What {@link toJson} wrote, with the digits that it kept. */
export function fromJson(text: string): Results {
  return parseResults(text) as unknown as Results;
}
