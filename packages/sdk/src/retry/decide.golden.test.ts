import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { printTable } from '../testing/print-decisions.ts';

const GOLDEN = fileURLToPath(new URL('./decide.golden.txt', import.meta.url));

test('the whole truth table is the reviewed one; UPDATE_GOLDEN=1 writes it anew', () => {
  const printed = printTable();
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(GOLDEN, printed);
  expect(printed).toBe(readFileSync(GOLDEN, 'utf8'));
});
