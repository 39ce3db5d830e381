import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, test } from 'vitest';
import { createRandomRefusals } from './random-headers.ts';

const NOW = Date.UTC(2026, 5, 7, 8, 9, 10, 500);

describe('refusals at random', () => {
  const refuse = createRandomRefusals(createSeededRandom(5));
  const made = Array.from({ length: 2_000 }, () => refuse(NOW));
  const announced = (pattern: RegExp) => made.filter(({ headers }) => pattern.test(headers['retry-after'] ?? ''));

  test('every kind occurs, with and without something that can be read', () => {
    for (const pattern of [
      /^\d+$/,
      /^\d+\.\d+$/,
      /^\w{3}, \d\d \w{3} \d{4} .* GMT$/,
      /^\w+day, \d\d-\w{3}-\d\d .* GMT$/,
      /^\w{3} \w{3} [ \d]\d .* \d{4}$/,
    ])
      expect(announced(pattern).some(({ askedMs }) => askedMs !== undefined && askedMs > 0)).toBe(true);
    expect(made.some(({ askedMs }) => askedMs === undefined)).toBe(true);
    expect(new Set(made.map(({ status }) => status))).toEqual(new Set([429, 503]));
    expect(made.some(({ headers }) => headers.ratelimit !== undefined)).toBe(true);
  });

  test('what seconds and plain dates ask for is what they say', () => {
    for (const { headers, askedMs } of announced(/^\d+$/)) expect([Number(headers['retry-after']) * 1_000, undefined]).toContain(askedMs);
    for (const { headers, askedMs } of announced(/GMT$/))
      if (/GMT$/.test(headers.date ?? ''))
        expect(askedMs).toBe(Math.max(0, Date.parse(headers['retry-after'] ?? '') - Date.parse(headers.date ?? '')));
  });

  test('every value may be sent as a header', () => {
    for (const { headers } of made) expect(() => new Headers(headers)).not.toThrow();
  });
});
