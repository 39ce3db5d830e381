import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRetryAfter, parseRetryAfter } from './retry-after.ts';

describe('formatRetryAfter', () => {
  it('law: whole seconds, at least 1, never earlier than the wait and less than a second later', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (waitMs) => {
        const text = formatRetryAfter(waitMs);
        expect(text).toMatch(/^[1-9]\d*$/);
        expect(Number(text) * 1000).toBeGreaterThanOrEqual(waitMs);
        expect(Number(text) * 1000).toBeLessThan(Math.max(waitMs, 1) + 1000);
      }),
    );
  });

  it('law: what is written is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 31_622_400 }), (seconds) => {
        expect(parseRetryAfter(formatRetryAfter(seconds * 1000), { nowMs: 0 })).toBe(seconds * 1000);
      }),
    );
  });
});

describe('parseRetryAfter', () => {
  const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0);

  it.each([
    ['7', 7000],
    [' 7 ', 7000],
    ['0', 0],
    ['0.25', 250],
    ['1.0001', 1001],
    ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['Thu, 01 Jan 2026 11:59:00 GMT', 0],
    ['Thursday, 01-Jan-26 12:00:05 GMT', 5_000],
    ['Thu Jan  1 12:00:06 2026', 6_000],
    ['30, 30', 30_000],
    ['5, 30 , 7', 30_000],
    ['5, Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['Thu, 01 Jan 2026 12:00:30 GMT, 5', 30_000],
    ['Thu, 01 Jan 2026 12:00:30 GMT, Thu, 01 Jan 2026 12:00:40 GMT', 40_000],
    ['Thu Jan  1 12:00:06 2026, 7', 7_000],
    ['99999999999999999999', 31_622_400_000],
    ['9007199254740', 31_622_400_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 31_622_400_000],
  ])('reads %j as %d ms', (text, waitMs) => expect(parseRetryAfter(text, { nowMs })).toBe(waitMs));

  it('reads a date relative to the Date of the response, not to a local clock that is wrong', () => {
    const served = 'Thu, 01 Jan 2026 09:00:00 GMT';
    expect(parseRetryAfter('Thu, 01 Jan 2026 09:00:10 GMT', { nowMs, responseDate: served })).toBe(10_000);
    for (const responseDate of ['nonsense', 'foo 1', '2001-01-01'])
      expect(parseRetryAfter('Thu, 01 Jan 2026 12:00:10 GMT', { nowMs, responseDate })).toBe(10_000);
  });

  it.each([
    undefined,
    null,
    '',
    '-1',
    '1e3',
    '0x10',
    'soon',
    '12 seconds',
    '1/2',
    'Infinity',
    'about 5',
    'wait 3',
    'Mon, 5',
    'Jan 1 2026',
    '1,',
    ', 1',
    '2026-01-01T12:00:30Z',
  ])('ignores %j', (text) => expect(parseRetryAfter(text, { nowMs })).toBeUndefined());

  it('law: any text gives no wait or one that is finite and not negative', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, responseDate) => {
        const waitMs = parseRetryAfter(text, { nowMs, responseDate });
        if (waitMs !== undefined) expect(Number.isFinite(waitMs) && waitMs >= 0).toBe(true);
      }),
    );
  });
});
