import { expect, it } from 'vitest';
// @ts-expect-error a script without types
import { findMissingDocstrings } from './check-docstrings.mjs';

const find = (text: string) => findMissingDocstrings('a.ts', text);

it.each([
  ['a function', 'export function wait() {}', 'wait'],
  ['a class', 'export class Pacer {}', 'Pacer'],
  ['a constant', 'export const LIMIT = 3;', 'LIMIT'],
  ['an interface', 'export interface Store {}', 'Store'],
  ['a type', 'export type Phase = "on";', 'Phase'],
  ['what is exported by name', 'const wait = 1;\nexport { wait };', 'wait'],
  ['what has only a line comment', '// Waits.\nexport const wait = 1;', 'wait'],
  ['what has a docstring before something else', '/** Seconds. */\nconst SECONDS = 1;\nexport const wait = SECONDS;', 'wait'],
  ['the second of two', '/** Why it waits. */\nexport const wait = 1;\nexport const sleep = 2;', 'sleep'],
])('finds %s without a docstring', (_what, text, name) => {
  expect(find(text)).toEqual([expect.stringMatching(new RegExp(`^a\\.ts:\\d+: "${name}" has no docstring`))]);
});

it('finds a docstring that only repeats the name', () => {
  expect(find('/** The rate limit. */\nexport interface RateLimit {}')).toEqual([
    'a.ts:2: the docstring of "RateLimit" says no more than its name',
  ]);
});

it.each([
  ['a docstring', '/** Requests a second. */\nexport const rate = 1;'],
  ['a docstring of several lines', '/**\n * Waits.\n * Milliseconds.\n */\nexport async function sleep() {}'],
  [
    'one docstring for overloads',
    '/** Adds numbers or texts. */\nexport function add(a: 1): 1;\nexport function add(a: ""): "";\nexport function add(a: any) { return a; }',
  ],
  ['what is not exported', 'const rate = 1;\nfunction sleep() {}'],
  ['what another file declares', "export * from './b.ts';\nexport { wait } from './c.ts';"],
])('accepts %s', (_what, text) => expect(find(text)).toEqual([]));
