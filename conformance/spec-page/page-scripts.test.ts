import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { readPageScript } from './run-page-script.ts';

/** SHA-256 of the two listings as the page prints them, each line ended by a line feed. */
test.each([
  ['wait-on-429.sh', 9, 'b5d8bed52b0f1fa7559a59ec1ccece107aaaa7a148749979b248211c0d613b18'],
  ['update-version.sh', 25, '58c67ccc9264b2875dfe21db7929a69120f455925f47215b0df9ed401616c765'],
] as const)('%s holds the %i lines of the page and nothing else', (name, lineCount, digest) => {
  const text = readPageScript(name);
  expect(text.trimEnd().split('\n')).toHaveLength(lineCount);
  expect(createHash('sha256').update(text).digest('hex')).toBe(digest);
});
