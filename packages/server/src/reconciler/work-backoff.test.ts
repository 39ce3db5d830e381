import { describe, expect, it } from 'vitest';
import { createWorkBackoff } from './work-backoff.ts';

const always = (unit: number) => ({ unit: () => unit, bytes: (length: number) => new Uint8Array(length) });

describe('the backoff of work', () => {
  it('doubles from one second to five minutes', () => {
    const backoff = createWorkBackoff(always(1));
    const delays = Array.from({ length: 11 }, () => backoff.failed('a').delayMs);
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000]);
  });

  it('stays finite for ever', () => {
    const backoff = createWorkBackoff(always(1));
    for (let failures = 1; failures < 5_000; failures += 1) backoff.failed('a');
    expect(backoff.failed('a')).toEqual({ failures: 5_000, delayMs: 300_000 });
  });

  it('draws from the upper half', () => {
    expect(createWorkBackoff(always(0)).failed('a').delayMs).toBe(500);
    expect(createWorkBackoff(always(0.5)).failed('a').delayMs).toBe(750);
  });

  it('is forgotten after a success, and kept per key', () => {
    const backoff = createWorkBackoff(always(1));
    backoff.failed('a');
    backoff.failed('a');
    backoff.succeeded('a');
    expect(backoff.failed('a').failures).toBe(1);
    expect(backoff.failed('b').failures).toBe(1);
  });
});
