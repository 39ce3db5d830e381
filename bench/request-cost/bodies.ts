import { LIMITS } from '@openkupe/contract';

const MOST = LIMITS.bodyValues - 10;

/** Makes a text of at most `bytes` bytes of ASCII that is expensive for some part of reading a body. */
export type Filler = (bytes: number) => string;

const listOf = (item: string) => (bytes: number) =>
  `[${`${item},`.repeat(Math.max(0, Math.floor((bytes - 2 - item.length) / (item.length + 1))))}${item}]`;
const textOf = (part: string) => (bytes: number) => `"${part.repeat(Math.max(0, Math.floor((bytes - 2) / part.length)))}"`;

function objectOf(name: (at: number) => string, value: string): Filler {
  return (bytes) => {
    const fields: string[] = [];
    let length = 2;
    for (let at = 0; ; at += 1) {
      const field = `"${name(at)}":${value}`;
      length += field.length + 1;
      if (length > bytes) return `{${fields.join(',')}}`;
      fields.push(field);
    }
  };
}

const nested = (open: string, close: string) => (bytes: number) => {
  const levels = Math.floor((bytes - 1) / (open.length + close.length));
  return `${open.repeat(levels)}0${close.repeat(levels)}`;
};

/** What stands in the place of a field, or of the whole body. */
export const FILLERS: Readonly<Record<string, Filler>> = {
  'a list of zeros': listOf('0'),
  'a list of numbers': listOf('0.12345678901'),
  'a list of exponents': listOf('1e3'),
  'a list of objects': listOf('{}'),
  'a list of wrong objects': listOf('{"a":0}'),
  'a list of texts': listOf('"a"'),
  'a list of lists': listOf('[]'),
  'an object of many fields': objectOf((at) => `k${at}`, '0'),
  'an object of escaped fields': objectOf((at) => `\\u006b${at}`, '0'),
  'an object of objects': objectOf((at) => `k${at}`, '{"a":"b"}'),
  'a field with a long name': (bytes) => `{"${'\\u0041'.repeat(Math.floor((bytes - 6) / 6))}":0}`,
  'lists in lists': nested('[', ']'),
  'objects in objects': nested('{"a":', '}'),
  'a long text': textOf('a'),
  'a long text of hyphens': textOf('a-'),
  'a long text of dots': textOf('a.'),
  'a long text of escapes': textOf('\\u00e4'),
  'a long text of pairs': textOf('\\ud83d\\ude00'),
  'a long numeral': (bytes) => `0.1${'0'.repeat(bytes - 3)}`,
  'white space': (bytes) => `${' '.repeat(bytes - 1)}0`,
  'a list without end': (bytes) => '['.repeat(bytes),
  // As many values as a body may have, so that it is read to its end.
  'fields, as many as possible': (bytes) => objectOf((at) => `k${at}`, '"b"')(Math.min(bytes, 11 * MOST)),
  'addresses, as many as possible': (bytes) => objectOf((at) => `k${at}_url`, '"https://a.example.com/"')(Math.min(bytes, 36 * MOST)),
  'IPv6 addresses, as many as possible': (bytes) => objectOf((at) => `k${at}_url`, '"https://[2600::1]/"')(Math.min(bytes, 32 * MOST)),
  'mail servers, as many as possible': (bytes) => objectOf((at) => `k${at}_smarthost`, '"8.8.8.8:25"')(Math.min(bytes, 31 * MOST)),
  'escaped fields, as many as possible': (bytes) => objectOf((at) => `\\u006b${at}`, '{}')(Math.min(bytes, 15 * MOST)),
  'texts, as many as possible': (bytes) => listOf('"abcdefgh"')(Math.min(bytes, 11 * (MOST - 10))),
  'objects, as many as possible': (bytes) => listOf('{"a":{}}')(Math.min(bytes, 4 * MOST)),
  'long numerals, as many as possible': (bytes) => listOf('0.1000000000000000000000000')(Math.min(bytes, 27 * (MOST - 10))),
  'texts under a long name': (bytes) => `{"${'aB'.repeat(500)}":${listOf('"a"')(Math.min(bytes - 1_010, 4 * (MOST - 10)))}}`,
};
