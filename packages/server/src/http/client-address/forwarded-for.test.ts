import { describe, expect, it } from 'vitest';
import { forwardedFor } from './forwarded-for.ts';

it.each([
  ['for=192.0.2.60;proto=http, for="[2001:db8::1]:4711"', ['192.0.2.60', '[2001:db8::1]:4711']],
  ['proto=http; For = 192.0.2.1 ;by=x', ['192.0.2.1']],
  ['for="a\\"b\\\\c"', ['a"b\\c']],
  ['for=', ['']],
  ['for=""', ['']],
  ['for="unclosed', ['']],
  ['for="a"b', ['']],
  ['for=a b', ['']],
  ['for=a"', ['']],
  ['for="x\\"', ['']],
  ['by=x', ['']],
  ['for', ['']],
  ['for=a b;for=192.0.2.1', ['192.0.2.1']],
  ['for="a,b"', ['', '']],
  ['', ['']],
])('reads %j', (header, values) => expect(forwardedFor(header)).toEqual(values));

describe('a header that comes before any limit is read in linear time', () => {
  // NOTE: in quadratic time each of these would take hours.
  const LENGTH = 1_000_000;
  it.each([
    ['for=', ' ', '"x'],
    ['for', ' ', 'x'],
    ['', ' ', 'for=x'],
    ['for="', '\\', '"'],
    ['for="', '\\"', 'x'],
    ['for="', 'a', 'x'],
    ['for="', '"', 'x'],
    ['', 'for=";', ''],
    ['', 'for=,', ''],
    ['', ';', ''],
  ])('%j, then many %j, then %j', (start, filler, end) => {
    expect(forwardedFor(`${start}${filler.repeat(LENGTH / filler.length)}${end}`).every((value) => value.length <= LENGTH)).toBe(true);
  });
});
