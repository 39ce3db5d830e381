import { describe, expect, it } from 'vitest';
import { ifNoneMatchAllows } from './if-none-match-write.ts';

const resource = { resourceVersion: '42', observation: 7 };

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
