import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const REQUIREMENTS = Array.from({ length: 31 }, (_, index) => `S${index + 1}`);
const folder = join(import.meta.dirname, '..');

/** The requirements named at the start of test titles: `'S7: …'`, `'S12, S16: …'`. */
function requirementsTested(): Map<string, string[]> {
  const filesOf = new Map<string, string[]>();
  for (const file of globSync('{server,spec-page}/**/*.test.ts', { cwd: folder })) {
    const source = readFileSync(join(folder, file), 'utf8');
    for (const [, numbers = ''] of source.matchAll(/\(\s*'((?:S\d+(?:, )?)+): /g)) {
      for (const number of numbers.split(', ')) filesOf.set(number, [...(filesOf.get(number) ?? []), file]);
    }
  }
  return filesOf;
}

test.each(REQUIREMENTS)('%s has a test', (requirement) => {
  expect(requirementsTested().get(requirement) ?? []).not.toEqual([]);
});

test('no test names a requirement that does not exist', () => {
  expect([...requirementsTested().keys()].filter((number) => !REQUIREMENTS.includes(number))).toEqual([]);
});
