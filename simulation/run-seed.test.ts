import { expect, it } from 'vitest';
import { runSeed } from './run-seed.ts';

it('plays a seed twice alike, and another seed otherwise', async () => {
  const lines: string[] = [];
  const first = await runSeed(3, { steps: 1_500, show: (line) => lines.push(line) });
  const second = await runSeed(3, { steps: 1_500 });
  const other = await runSeed(4, { steps: 1_500 });
  expect(first.violation).toBeUndefined();
  expect([second.digest, second.steps, second.virtualMs]).toEqual([first.digest, first.steps, first.virtualMs]);
  expect(second.lastLines).toEqual(lines.slice(-second.lastLines.length));
  expect(other.digest).not.toBe(first.digest);
});
