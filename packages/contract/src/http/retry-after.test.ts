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
      fc.property(fc.integer({ min: 1, max: 1e9 }), (seconds) => {
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
  ])('reads %j as %d ms', (text, waitMs) => expect(parseRetryAfter(text, { nowMs })).toBe(waitMs));

  it('reads a date relative to the Date of the response, not to a local clock that is wrong', () => {
    const served = 'Thu, 01 Jan 2026 09:00:00 GMT';
    expect(parseRetryAfter('Thu, 01 Jan 2026 09:00:10 GMT', { nowMs, responseDate: served })).toBe(10_000);
    expect(parseRetryAfter('Thu, 01 Jan 2026 12:00:10 GMT', { nowMs, responseDate: 'nonsense' })).toBe(10_000);
  });

  it.each([undefined, null, '', '-1', '1e3', '0x10', 'soon', '12 seconds', '1,5', '99999999999999999999', '1/2', 'Infinity'])(
    'ignores %j',
    (text) => expect(parseRetryAfter(text, { nowMs })).toBeUndefined(),
  );

  it('law: any text gives no wait or one that is finite and not negative', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, responseDate) => {
        const waitMs = parseRetryAfter(text, { nowMs, responseDate });
        if (waitMs !== undefined) expect(Number.isFinite(waitMs) && waitMs >= 0).toBe(true);
      }),
    );
  });
});
