import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDuration } from './duration.ts';
import { parseExpiry } from './expiry.ts';

describe('durations', () => {
  test.each([
    ['0', 0],
    ['90', 90_000],
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['1h30m', 5_400_000],
    ['30d', 2_592_000_000],
  ])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each(['', '-1', '1.5h', '30 m', 'm', '10w', '1h30', '99999d', '999999999999999'])('"%s" is refused', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ details: expect.objectContaining({ exit: 2 }) }));
  });

  test('whatever is written, the answer is a bounded whole number of milliseconds or a refusal', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9dhms.-]{0,8}$/), (text) => {
        try {
          const ms = parseDuration(text);
          return Number.isInteger(ms) && ms >= 0 && ms <= 3650 * 86_400_000;
        } catch (error) {
          return (error as Error).name === 'Failure';
        }
      }),
    );
  });
});

describe('expiry', () => {
  const nowMs = Date.UTC(2026, 0, 1);
  test.each([
    ['30d', '2026-01-31T00:00:00Z'],
    ['12h', '2026-01-01T12:00:00Z'],
    ['2027-01-31T12:00:00Z', '2027-01-31T12:00:00Z'],
    ['2027-01-31T12:00:00.5+02:00', '2027-01-31T12:00:00.5+02:00'],
  ])('%s is sent as %s', (text, sent) => expect(parseExpiry(text, nowMs)).toBe(sent));

  test.each(['30', 'tomorrow', '2027-01-31', '2027-13-31T12:00:00Z'])('"%s" is refused', (text) => {
    expect(() => parseExpiry(text, nowMs)).toThrow(/--expires/);
  });
});
