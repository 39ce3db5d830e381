import type { SeedResult } from './run-seed.ts';

/** What a failed run prints: what happened last, where it failed, what did not hold, and how to see it again. */
export function printFailure({ seed, steps, digest, violation, lastLines }: SeedResult, askedSteps: number): string {
  return [
    ...lastLines,
    '',
    `seed ${seed} failed at step ${steps}: ${violation?.validator}: ${violation?.message}`,
    `trace ${digest}; replay it with: npm run simulate -- --seed ${seed} --steps ${askedSteps} --trace`,
  ].join('\n');
}

/** One line for a seed in which everything held. */
export function printSeed({ seed, steps, virtualMs, digest }: SeedResult, tookMs: number): string {
  const [virtual, real] = [Math.round(virtualMs / 1000), (tookMs / 1000).toFixed(1)];
  return `seed ${seed}: ${steps} steps, ${virtual} s of virtual time in ${real} s, trace ${digest}`;
}
