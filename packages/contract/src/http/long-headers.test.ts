import { expect, it } from 'vitest';
import { ifMatchAllowsSince, isNotModified, parseEntityTagList } from './conditional-requests.ts';
import { parseRetryAfter } from './retry-after.ts';

/** So long that a parser whose time grows with the square of its input would take hours. */
const LENGTH = 1_000_000;
const FILLERS = [' ', 'a', '"', '""', ',', '",', 'W/', 'W/"', '\\', '"a" ', '"a",', 'a ', '1', '1,', '1 ,', '1.', '\t', '*', '*,'];
const HEADERS = FILLERS.flatMap((filler) => {
  const long = filler.repeat(Math.floor(LENGTH / filler.length));
  return [long, `"x${long}`, `${long}"x`, `1${long}x`].map((header) => [`${filler.replaceAll('\t', 'tab')}…`, header] as const);
});

it.each(HEADERS)('reads %s in linear time', (_filler, header) => {
  const resource = { resourceVersion: '7', observation: 0 };
  expect(parseEntityTagList(header).kind).toBeTypeOf('string');
  expect(isNotModified(header, resource)).toBeTypeOf('boolean');
  expect(ifMatchAllowsSince(header, resource, 1)).toBeTypeOf('boolean');
  parseRetryAfter(header, { nowMs: 0 });
});
