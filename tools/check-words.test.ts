import { expect, it } from 'vitest';
// @ts-expect-error a script without types
import { findSecondMeanings, findWords } from './check-words.mjs';

const SOURCE = 'packages/server/src/a/b.ts';

it.each([
  ['a replaced word in an identifier', 'const flowOf = createDoorbell();', 'doorbell'],
  ['in the plural, inside of an identifier', 'const laneRecords = 1;', 'lane'],
  ['of two words', 'const keptAnswers = 1;', 'kept answers'],
  ['in a comment', '// Rings the doorbell.', 'doorbell'],
  ['in a docstring', '/** The lanes. */\nconst a = 1;', 'lanes'],
  ['in a comment behind the last statement of a block', 'function a() {\n  b();\n  // a newcomer\n}', 'newcomer'],
  ['in a text', "log('newcomers share it');", 'newcomers'],
  ['in a template', 'log(`newcomers`);', 'newcomers'],
  ['in a private field', 'class A { #lane = 1 }', 'lane'],
  ['a word that is no term, in a comment', '/** Whoever asks. */\nconst a = 1;', 'Whoever'],
  ['in an identifier', 'const toldMs = 1;', 'told'],
  ['an identifier that is plain English', 'const turn = 1;', 'turn'],
])('finds %s', (_what, text, word) => {
  expect(findWords(SOURCE, text)).toEqual([expect.stringContaining(`"${word}": `)]);
});

it('says where, and the term', () => {
  expect(findWords(SOURCE, 'const a = 1;\n\nconst doorbell = 2;')).toEqual([`${SOURCE}:3: "doorbell": wake signal`]);
  expect(findWords('docs/glossary.md', 'A term.\n\nNobody waits.')).toEqual(['docs/glossary.md:3: "Nobody": no request, no client']);
  expect(findWords('packages/server/src/http/secret-shelf.ts', '')).toEqual([
    'packages/server/src/http/secret-shelf.ts:1: "shelf": secret store',
  ]);
});

it.each([
  ['parts of other words', 'const planes = [controlPlane, stolen, untoldering];'],
  ['a regular expression', 'const words = /doorbell|lanes/;'],
  ['a web address in a text', "const url = 'https://example.test/told';"],
  ['plain English in a text', "throw new Error('Nobody may do that; you were told');"],
  ['plain English in a sentence', '// It looks at each in turn; what stands in the books means nothing here.'],
  ['the right term', 'const lingeringClose = createKeyedMutex(flows);'],
])('accepts %s', (_what, text) => expect(findWords(SOURCE, text)).toEqual([]));

it('lets tests be plain English in their own names, and not in those of the source', () => {
  expect(findWords('packages/server/src/a/b.test.ts', 'const told = []; // nobody')).toEqual([]);
  expect(findWords('packages/server/src/a/b.test.ts', 'createLanes();')).toHaveLength(1);
});

it('lets the tables keep their names', () => {
  expect(findWords('packages/server/src/store/sqlite/x.ts', "db.exec('SELECT 1 FROM kept_answers')")).toEqual([]);
});

it('finds a type that is declared a second time', () => {
  const files = [
    ['a.ts', '/** One. */\nexport interface Guard {}\nexport interface Other {}'],
    ['b.ts', 'type Guard = 1;'],
    ['c.ts', 'export interface Other {}\nconst guard: Guard = 1;'],
  ];
  expect(findSecondMeanings(files)).toEqual(['b.ts:1: "Guard" means something else in a.ts:2']);
});
