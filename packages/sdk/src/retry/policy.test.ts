import { PAGE_POLICY, type RetryPolicy } from '@openkupe/contract/retry/policy';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../testing/outcome-of.ts';
import type { ScriptStep } from '../testing/scripted-transport.ts';
import { tryClient } from '../testing/try-client.ts';
import { createPolicy } from './create-policy.ts';

const sick: ScriptStep = { status: 503 };
const limited = (seconds: number): ScriptStep => ({ status: 429, headers: { 'Retry-After': String(seconds) } });
const most = { unit: () => 0.999, bytes: (length: number) => new Uint8Array(length) };

/** When each request was sent, and what the call ended with, under a policy. */
async function course(step: ScriptStep, policy: Partial<RetryPolicy>) {
  const { client, clock, transport } = tryClient([step], { isLastRepeated: true, policy, random: most });
  const error = await failureOf(clock, client.clusters.get('prod'));
  return { times: transport.sent.map(({ atMs }) => atMs), error, endedAt: clock.monotonic() };
}

describe('policy', () => {
  test('the defaults are those of the page', () => {
    expect(PAGE_POLICY).toMatchObject({ attempts: 5, firstDelayMs: 1_000, longestDelayMs: 30_000 });
  });

  test('attempts bounds how often is sent', async () => {
    for (const attempts of [1, 3]) expect((await course(sick, { attempts })).times).toHaveLength(attempts);
    expect((await course(limited(1), { attempts: 1 })).times).toHaveLength(1);
  });

  test('firstDelayMs scales the backoff', async () => {
    expect((await course(sick, { firstDelayMs: 100 })).times).toEqual([0, 100, 300, 700, 1_500]);
  });

  test('longestDelayMs caps the backoff', async () => {
    expect((await course(sick, { longestDelayMs: 1_500 })).times).toEqual([0, 999, 2_498, 3_997, 5_496]);
  });

  test('attemptTimeoutMs ends an attempt', async () => {
    const silent: ScriptStep = { afterMs: 60_000 };
    const { error, times } = await course(silent, { attemptTimeoutMs: 2_000, attempts: 2 });
    expect(times).toEqual([0, 2_999]);
    expect(error).toMatchObject({ name: 'TimeoutError', stopReason: 'attempts-exhausted' });
  });

  test('deadlineMs ends the call', async () => {
    const { error, endedAt } = await course({ afterMs: 60_000 }, { deadlineMs: 5_000 });
    expect(error).toMatchObject({ name: 'TimeoutError', stopReason: 'deadline' });
    expect(endedAt).toBe(5_000);
  });

  test('maxRetryAfterMs decides whether a wait is waited for', async () => {
    expect((await course(limited(40), { maxRetryAfterMs: 39_999 })).error.stopReason).toBe('retry-after-too-long');
    expect((await course(limited(40), { maxRetryAfterMs: 40_000 })).times.length).toBeGreaterThan(1);
  });

  test('is frozen, and names what makes no sense', () => {
    expect(Object.isFrozen(createPolicy())).toBe(true);
    const wrong: [object, RegExp][] = [
      [{ attempts: 0 }, /attempts is 0; give a whole number from 1/],
      [{ attempts: 1.5 }, /attempts is 1.5/],
      [{ deadlineMs: Number.NaN }, /deadlineMs is NaN; give milliseconds/],
      [{ maxRetryAfterMs: -1 }, /maxRetryAfterMs is -1/],
      [{ onOpenCircuit: 'stop' }, /onOpenCircuit is stop; give "wait" or "fail-fast"/],
      [{ retries: 3 }, /no option "retries"/],
    ];
    for (const [changes, message] of wrong) expect(() => createPolicy(changes)).toThrow(message);
  });
});
