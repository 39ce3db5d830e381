import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatETag, ifMatchAllows, ifNoneMatchAllows, isNotModified } from './conditional-requests.ts';

const resource = { resourceVersion: '42', observation: 7 };

describe('If-Match', () => {
  it.each([
    ['the tag verbatim', '"42.7"'],
    ['the tag with an older observation: a status write is no conflict', '"42.3"'],
    ['a bare resourceVersion, as a person types it', '42'],
    ['a quoted resourceVersion', '"42"'],
    ['a weak prefix, as a compressing proxy adds it', 'W/"42.7"'],
    ['a list with the tag in it', '"1.0", "42.7" , "9.9"'],
    ['a list of bare versions', '1, 42'],
    ['anything that exists', '*'],
    ['surrounding space', '  "42.7"  '],
  ])('allows %s', (_why, header) => expect(ifMatchAllows(header, resource)).toBe(true));

  it.each([
    ['another version', '"41.7"'],
    ['a version that only begins alike', '"421.7"'],
    ['an empty header', ''],
    ['an empty tag', '""'],
    ['an unclosed quote', '"42.7'],
    ['text after the tag', '"42.7"x'],
    ['a star inside a list', '"1.0", *x'],
    ['a list of others', '"1.0","2.0"'],
  ])('refuses %s', (_why, header) => expect(ifMatchAllows(header, resource)).toBe(false));

  it('allows a write without the header', () => expect(ifMatchAllows(undefined, resource)).toBe(true));

  it('law: a printed tag matches its own resource, and no resource of another version', () => {
    const versions = fc.bigInt({ min: 1n, max: 10n ** 15n }).map(String);
    fc.assert(
      fc.property(versions, versions, fc.nat(), fc.nat(), (mine, other, first, second) => {
        const tag = formatETag({ resourceVersion: mine, observation: first });
        expect(ifMatchAllows(tag, { resourceVersion: mine, observation: second })).toBe(true);
        expect(ifMatchAllows(tag, { resourceVersion: other, observation: second })).toBe(mine === other);
      }),
    );
  });

  it('law: no text makes it throw, and only a star or this version is ever allowed', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        if (ifMatchAllows(header, resource)) expect(header.trim() === '*' || header.includes('42')).toBe(true);
      }),
    );
  });
});

describe('If-None-Match', () => {
  it('compares the whole tag, so that a status write is seen', () => {
    expect(isNotModified('"42.7"', resource)).toBe(true);
    expect(isNotModified('W/"42.7"', resource)).toBe(true);
    expect(isNotModified('"42.6"', resource)).toBe(false);
    expect(isNotModified('"42"', resource)).toBe(false);
    expect(isNotModified('*', resource)).toBe(true);
    expect(isNotModified(undefined, resource)).toBe(false);
  });
});

describe('If-None-Match on a write', () => {
  it.each([
    ['anything that exists', '*'],
    ['the tag verbatim', '"42.7"'],
    ['the tag with an older observation', '"42.3"'],
    ['a weak prefix', 'W/"42.7"'],
    ['a bare version', '42'],
    ['a list with the tag in it', '"1.0", "42.7"'],
  ])('refuses %s', (_why, header) => expect(ifNoneMatchAllows(header, resource)).toBe(false));

  it.each([
    ['another version', '"41.7"'],
    ['a list of others', '"1.0", "2.0"'],
    ['no header', undefined],
  ])('allows %s', (_why, header) => expect(ifNoneMatchAllows(header, resource)).toBe(true));

  it.each(['*', '"42.7"', undefined])('allows to make what does not exist: %s', (header) =>
    expect(ifNoneMatchAllows(header, undefined)).toBe(true),
  );
});
