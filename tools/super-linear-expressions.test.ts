import { expect, it } from 'vitest';
// @ts-expect-error a script without types
import { expressionsIn, findSuperLinear } from './super-linear-expressions.mjs';

const PATH = 'packages/server/src/x.ts';

it.each([
  'const a = /^\\s*for\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s"]*))\\s*$/i;',
  'text.replace(/\\s+$/, "")',
  'const a = /^(a+)+$/;',
  'const a = /^(a|a)*$/;',
  'const a = /x*x*$/;',
  "const a = new RegExp('^(a|aa)+$');",
  "export const NAME_PATTERN = '^([a-z]+-?)+$';",
  "Type.String({ pattern: '^(\\\\d+)+$' })",
  "const a = { patternProperties: { '^(x+)+$': {} } };",
])('finds %s', (line) => {
  expect(findSuperLinear(PATH, `// why\n${line}\n`)).toEqual([expect.stringMatching(/^packages\/server\/src\/x\.ts:2: .* can take time/)]);
});

it('refuses an expression that is put together while the program runs', () => {
  expect(findSuperLinear(PATH, "const a = new RegExp('^' + b);")).toEqual([expect.stringContaining('cannot be judged')]);
});

it.each([
  'const a = /^[a-z]+$/;',
  "const a = new RegExp('^a$'); const b = new RegExp(NAME_PATTERN); const c = new RegExp(rule.pattern);",
  'const a = b / c / d; // /(a+)+$/',
  "const text = '/(a+)+$/';",
  "const a = { patternProperties: { '_configs$': {} } };",
])('lets %s pass', (line) => expect(findSuperLinear(PATH, line)).toEqual([]));

it('finds every way in which an expression is written', () => {
  const text = [
    'const a = /a/;',
    "RegExp('b');",
    "const C_PATTERN = 'c';",
    "const d = { pattern: 'd' };",
    'const e = { patternProperties: { e: {} } };',
  ].join('\n');
  expect(expressionsIn(PATH, text).map(({ source }: { source: string }) => source)).toEqual(['a', 'b', 'c', 'd', 'e']);
});
