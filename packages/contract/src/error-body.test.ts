import { expect, it } from 'vitest';
import { errorBody, readErrorMessage } from './error-body.ts';

it('has exactly one field', () => {
  expect(Object.keys(errorBody('no'))).toEqual(['error']);
  expect(readErrorMessage(JSON.stringify(errorBody('no')))).toBe('no');
});

it.each(['', 'null', '[]', '"no"', '{}', '{"error":""}', '{"error":{"code":1}}', '<html>', '{"error":1}'])(
  'reads no message out of %j',
  (text) => {
    expect(readErrorMessage(text)).toBeUndefined();
  },
);
