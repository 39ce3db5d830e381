import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonError, parseStrictJson } from './parse-strict-json.ts';

const BOUNDS = { depth: 4, values: 50, nameLength: 20 };
const parse = (text: string) => parseStrictJson(text, BOUNDS);
const refusal = (text: string) => {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return error.message;
  }
};

it.each([
  ['a field twice', '{"role":"readonly","role":"admin"}', 'the field "role" is there twice; send it once'],
  ['written with an escape', '{"role":1,"rol\\u0065":1}', 'the field "role" is there twice; send it once'],
  ['the same value', '{"a":1,"a":1}', 'the field "a" is there twice; send it once'],
  ['after an inner object', '{"a":{"b":1},"c":[{}],"a":1}', 'the field "a" is there twice; send it once'],
  ['deep in a list', '{"x":[{},{"a":{"k":1,"k":2}}]}', 'the field "x.1.a.k" is there twice; send it once'],
  ['the empty name', '{"":1,"":2}', 'the field "the body" is there twice; send it once'],
  ['__proto__', '{"__proto__":1,"__proto__":2}', 'the field "__proto__" is there twice; send it once'],
  ['a number', '{"alerts":{"n":[0, 1e999]}}', 'alerts.n.1 is the number 1e999, which cannot be kept exactly; send it as a string'],
  ['a number alone', '-0', 'the body is the number -0, which cannot be kept exactly; send it as a string'],
  ['half a pair', '{"a":"\\ud800"}', 'a holds half of a surrogate pair; send text that is valid Unicode'],
  ['the other half', '{"a":["\\udc00"]}', 'a.0 holds half of a surrogate pair; send text that is valid Unicode'],
  ['two first halves', '"\\ud83d\\ud83d"', 'the body holds half of a surrogate pair; send text that is valid Unicode'],
  ['half a pair in a name', '{"\\uDFFF":1}', 'the body holds half of a surrogate pair; send text that is valid Unicode'],
  ['depth', '[[[[[]]]]]', 'it is nested deeper than 4 levels; send a flatter one'],
  ['many values', `[${'0,'.repeat(50)}0]`, 'it has more than 50 values; send fewer'],
  ['many objects', `[${'{},'.repeat(50)}0]`, 'it has more than 50 values; send fewer'],
  ['a long name', `{"a":{"${'\\u0041'.repeat(21)}":1}}`, 'a field name in a is longer than 20 characters; send a shorter one'],
])('refuses %s', (_what, text, message) => expect(refusal(text)).toBe(message));

it.each([
  '',
  '{',
  '{"a":}',
  '{"a" 1}',
  '[1 2]',
  '{} {}',
  '"',
  '"\\',
  '{"\\x":1}',
  '{"a":1,}',
  'nul',
  '01',
  '1.',
  '\ufeff{}',
  "{'a':1}",
  '{"a":1e}',
  ']',
  '}{',
])('says of %j that it is no JSON', (text) => expect(refusal(text)).toMatch(/not valid JSON|cannot be kept exactly/));

describe('what it takes', () => {
  it.each([
    '{"a":{"k":1},"b":{"k":2},"k":[{"k":1},{"k":2}]}',
    '{"a":"a","b":"a"}',
    '["a","a"]',
    '{"a":"\\"a\\":1,\\"a\\":2"}',
    '"\\ud83d\\ude00 \\u0000 \ufeff 😀 \\\\ud800"',
    ' {"a" : [1.0 , 1e3, -0.5 , true, false , null ] } ',
  ])('%s', (text) => expect(parse(text)).toEqual(JSON.parse(text)));

  it('__proto__ as a field like any other', () => {
    expect(Object.keys(parse('{"__proto__":{"a":1}}') as object)).toEqual(['__proto__']);
  });

  it('everything that JSON.stringify prints', () => {
    const wide = { depth: 100, values: 1e6, nameLength: 1e6 };
    const isKept = (text: string) => isDeepStrictEqual(parseStrictJson(text, wide), JSON.parse(text));
    fc.assert(fc.property(fc.json({ stringUnit: 'grapheme' }), isKept));
  });
});

it('is linear: a text twice as long is scanned for twice as many characters, whatever it is made of', () => {
  // Each of these made a scan that looks back, or a copy per character, take minutes at this length.
  const length = 2_000_000;
  const wide = { depth: 64, values: 5_000_000, nameLength: length };
  for (const part of ['\\u00e4', '\\\\', 'x', '\\ud83d\\ude00']) parseStrictJson(`"${part.repeat(length / part.length)}"`, wide);
  parseStrictJson(`0.1${'0'.repeat(length)}`, wide);
  parseStrictJson(`${' '.repeat(length)}0`, wide);
  parseStrictJson(`{"${'\\u0041'.repeat(length / 6)}":0}`, wide);
});
