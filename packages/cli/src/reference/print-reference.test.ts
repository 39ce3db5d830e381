import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMANDS, NOUNS } from '../commands/index.ts';
import { printReference } from './print-reference.ts';

const page = new URL('../../../../docs/reference/cli.md', import.meta.url);

test('the committed page is what the table prints (npm run reference --workspace openkupe)', () => {
  expect(readFileSync(page, 'utf8')).toBe(printReference(COMMANDS, NOUNS));
});

test('every command has an example that begins with its own path', () => {
  for (const { path, examples } of COMMANDS) {
    expect(examples.length, path).toBeGreaterThan(0);
    for (const { run } of examples) expect(run).toMatch(new RegExp(`^openkupe ${path}( |$)`));
  }
});
