import { type Spread, spreadOf } from '../harness/statistics.ts';
import { markdown } from '../harness/table.ts';
import type { Row } from './measure.ts';
import { exact, spread } from './tables.ts';
import { TARGETS } from './targets.ts';
import type { WallClockRun } from './wall-clock.ts';

export interface TargetOutcome {
  readonly target: string;
  readonly decides: keyof Spread;
  readonly measured: Spread;
  /** The same with the seeds that constants were chosen with, where there are others that decide. */
  readonly tuned?: Spread;
  readonly isMet: boolean;
}

const WALL_CLOCK_TOLERANCE_PERCENT = 10;

/** Which targets were met, of those whose scenario was run. Where there are seeds that nothing was chosen with, those decide. */
export function verdictsOf(rows: readonly Row[], client: string): TargetOutcome[] {
  return TARGETS.flatMap(({ text, scenario, circumstances, measure, decides, isMet }) => {
    const found = rows
      .filter((row) => row.client === client && row.scenario === scenario && row.circumstances === circumstances)
      .toSorted((one, other) => other.seedsFrom - one.seedsFrom);
    const [measured, tuned] = found.map(({ measures }) => measures[measure]);
    if (!measured) return [];
    return [{ target: text, decides, measured, ...(tuned ? { tuned } : {}), isMet: isMet(measured[decides]) }];
  });
}

interface Pair {
  readonly virtual: WallClockRun;
  readonly real: WallClockRun;
}

function pairsOf(runs: readonly WallClockRun[]): Pair[] {
  return runs
    .filter(({ mode }) => mode === 'virtual')
    .flatMap((virtual) => {
      const real = runs.find(({ mode, client }) => mode === 'real' && client === virtual.client);
      return real ? [{ virtual, real }] : [];
    });
}

/** Whether the wall clock agrees with virtual time for every client that ran on it; nothing when none did. */
export function wallClockVerdicts(runs: readonly WallClockRun[]): TargetOutcome[] {
  const pairs = pairsOf(runs);
  if (pairs.length === 0) return [];
  const measured = spreadOf(pairs.map(({ virtual, real }) => 100 * Math.abs(real.tookMs / virtual.tookMs - 1)));
  const target = `wall clock: within ${WALL_CLOCK_TOLERANCE_PERCENT} % of virtual time, everyone`;
  return [{ target, decides: 'most', measured, isMet: measured.most <= WALL_CLOCK_TOLERANCE_PERCENT }];
}

export function wallClockTable(runs: readonly WallClockRun[]): string {
  const lines = pairsOf(runs).map(({ virtual, real }) => [
    virtual.client,
    `${virtual.tookMs} / ${real.tookMs}`,
    `${virtual.done} / ${real.done} of ${virtual.calls}`,
    `${virtual.refused} / ${real.refused}`,
  ]);
  return markdown(['client', 'ms, virtual / real', 'done', '429'], lines);
}

const WORD: Readonly<Record<keyof Spread, string>> = { median: 'median', least: 'worst seed', most: 'worst seed' };

export function targetsTable(verdicts: readonly TargetOutcome[]): string {
  const lines = verdicts.map(({ target, decides, measured, tuned, isMet }) => [
    target,
    WORD[decides],
    spread(measured, exact),
    tuned ? spread(tuned, exact) : '',
    isMet ? 'yes' : '**no**',
  ]);
  return markdown(['target', 'what decides', 'measured', 'with the seeds of the tuning', 'met'], lines);
}
