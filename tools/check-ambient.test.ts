import { expect, it } from 'vitest';
// @ts-expect-error a script without types
import { findAmbient } from './check-ambient.mjs';

it.each([
  'const now = Date.now();',
  'new Date()',
  'setTimeout(run, 10)',
  'Math.random()',
  'crypto.randomUUID()',
  'process.env.HOME',
  'performance.now()',
])('finds %s', (line) => {
  expect(findAmbient('packages/server/src/routes/x.ts', `// why\n${line}\n`)).toHaveLength(1);
});

it.each(['new Date(epochMs)', 'clock.now()', '// Date.now() is forbidden', 'await clock.sleep(10)'])('lets %s pass', (line) => {
  expect(findAmbient('packages/server/src/routes/x.ts', line)).toEqual([]);
});

it('lets the doors do their work', () => {
  expect(findAmbient('packages/contract/src/clock.ts', 'Date.now()')).toEqual([]);
});
