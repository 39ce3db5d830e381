import { expect, it } from 'vitest';
import { readOptions } from './options.ts';

it('plays one seed alone, or spreads the steps over seeds', () => {
  expect(readOptions(['--seed', '7', '--steps', '500'])).toMatchObject({ seeds: [7], steps: 500, isTraced: false, isAlone: true });
  expect(readOptions(['--steps', '25000', '--first-seed', '4'])).toMatchObject({ seeds: [4, 5, 6], steps: 10_000, isAlone: false });
  expect(() => readOptions(['--seed', 'x'])).toThrow('--seed is "x"; give a whole number');
});
