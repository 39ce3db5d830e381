import type { SeedResult } from './run-seed.ts';

/** What a failed run prints: where it failed, what did not hold, what happened last, and how to see it again. */
export function printFailure({ seed, steps, digest, violation, lastLines }: SeedResult, askedSteps: number): string {
  return [
    ...lastLines,
    '',
    `seed ${seed} failed at step ${steps}: ${violation?.validator}: ${violation?.message}`,
    `trace ${digest}; replay it with: npm run simulate -- --seed ${seed} --steps ${askedSteps} --trace`,
  ].join('\n');
}
