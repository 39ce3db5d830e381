import { expect, it } from 'vitest';
import { printFailure, printSeed } from './report.ts';

const result = { seed: 7, steps: 12, virtualMs: 61_000, digest: 'abc', violation: undefined, lastLines: ['0.001 one', '0.002 two'] };

it('prints what happened last, where it failed, and how to replay it', () => {
  const violation = { validator: 'fences', message: 'an old fence wrote' };
  expect(printFailure({ ...result, violation }, 500).split('\n')).toEqual([
    '0.001 one',
    '0.002 two',
    '',
    'seed 7 failed at step 12: fences: an old fence wrote',
    'trace abc; replay it with: npm run simulate -- --seed 7 --steps 500 --trace',
  ]);
});

it('prints one line for a seed that holds', () => {
  expect(printSeed(result, 1_234)).toBe('seed 7: 12 steps, 61 s of virtual time in 1.2 s, trace abc');
});
