import { expect, it } from 'vitest';
import { prefersProblem } from './prefers-problem.ts';

it.each([
  'application/problem+json',
  'Application/Problem+JSON',
  'application/json, application/problem+json',
  'application/problem+json,application/json',
  'application/problem+json; charset=utf-8, application/json',
  'application/problem+json;q=0.5',
  'application/problem+json;q=0.001',
  'application/json;q=0.9, application/problem+json',
  'application/json;q=0, application/problem+json;q=0.1',
  '*/*, application/problem+json',
  '*/*, application/json;q=0.2, application/problem+json;q=0.3',
  'text/html, application/problem+json;q=0.5',
])('the fuller body for %s', (accept) => expect(prefersProblem(accept)).toBe(true));

it.each([
  undefined,
  '',
  '*/*',
  'application/*',
  'application/json',
  'application/problem+xml',
  'application/vnd.a+json; for="application/problem+json"',
  'application/problem+json;q=0',
  'application/problem+json; Q=0.000, */*',
  'application/json, application/problem+json;q=0.9',
  'application/problem+json ; q = 0.5 , application/json ; q = 0.6',
  '*/*, application/problem+json;q=0.9',
  'application/*;q=0.8, application/problem+json;q=0.7',
  'application/problem+json;q=high',
  'application/problem+json;q=2',
  'application/problem+json;q=-1',
])('the one-field body for %s', (accept) => expect(prefersProblem(accept)).toBe(false));

it('reads the longest header that gets through in one pass', () => {
  expect(prefersProblem(`application/problem+json;q=1${';q'.repeat(8_000)}, ${'*/*,'.repeat(2_000)}`)).toBe(true);
  expect(prefersProblem(`application/problem+json;q=${' '.repeat(16_000)}x`)).toBe(false);
});
