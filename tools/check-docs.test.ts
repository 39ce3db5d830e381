import { expect, it } from 'vitest';
// @ts-expect-error a script without types
import { findInPage } from './check-docs.mjs';

const TRACKED = ['packages/server/src/http/round-robin.ts', 'packages/sdk/src/retry/decide.golden.txt', 'docs/glossary.md'];

it.each([
  ['a path', '`packages/server/src/http/in-turn.ts`'],
  ['the end of a path', '`http/in-turn.ts`'],
  ['a bare name', '`in-turn.ts`'],
  ['a part of a name', '`robin.ts`'],
  ['a folder', '`packages/server/src/guard/`'],
  ['a pattern', '`http/*.test.ts`'],
])('finds %s that is not there', (_what, name) => {
  expect(findInPage('README.md', `One.\nSee ${name}.`, TRACKED)).toEqual([`README.md:2: there is no file "${name.slice(1, -1)}"`]);
});

it.each([
  '`http/round-robin.ts`',
  '`round-*.ts`',
  '`http/{round-robin,other}.ts`',
  '`packages/sdk/src/`',
  '`decide.golden.txt`',
  '`bench/NAME/main.ts`',
  '`Retry-After`',
  '`a.b`',
])('accepts %s', (name) => expect(findInPage('README.md', name, TRACKED)).toEqual([]));

it.each([
  ['README.md', '[terms](docs/terms.md)', 'docs/terms.md'],
  ['docs/guide/scale.md', '[terms](../glossary.md) and [more](glossary.md#limits)', 'glossary.md'],
])('finds a link in %s to a file that is not there', (page, text, name) => {
  expect(findInPage(page, `One.\n${text}.`, TRACKED)).toEqual([`${page}:2: there is no file "${name}"`]);
});

it.each([
  ['README.md', '[terms](docs/glossary.md#limits), [all](docs), [none](#limits), [it](https://example.com/a.md)'],
  ['docs/guide/scale.md', '[terms](../glossary.md)'],
])('accepts links of %s', (page, text) => expect(findInPage(page, text, TRACKED)).toEqual([]));

it('finds a decision that is too long', () => {
  expect(findInPage('docs/decisions/0001-x.md', 'line\n'.repeat(60), TRACKED)).toEqual([]);
  expect(findInPage('docs/decisions/0001-x.md', 'line\n'.repeat(61), TRACKED)).toEqual([
    'docs/decisions/0001-x.md:61: a decision has at most 60 lines; split it',
  ]);
});

it('finds a glossary of more than 40 terms', () => {
  expect(findInPage('docs/glossary.md', '* **Term**: x.\n'.repeat(40), TRACKED)).toEqual([]);
  expect(findInPage('docs/glossary.md', '* **Term**: x.\n'.repeat(41), TRACKED)).toEqual([
    'docs/glossary.md:1: the glossary has 41 terms; at most 40',
  ]);
});
