import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { expect, it } from 'vitest';
import type { WebhookObserved } from '../store/resource.ts';
import { afterAttempt, afterRedelivery, waitAfter } from './record-attempt.ts';

const random = createSeededRandom(1);
const MESSAGE = { revision: 7, index: 0, type: 'cluster.changed' };
const BEHIND = { revision: 7, index: 1 };
const NEW: WebhookObserved = { position: { revision: 7, index: 0 }, redeliveries: [], attempts: [], failures: 0 };
const failed = (observed: WebhookObserved, at: number, more: object = { status: 500 }) =>
  afterAttempt(observed, MESSAGE, { at, durationMs: 3, ...more }, BEHIND, random);

it('waits a second after the first failure, thirty after the sixth, and at most an hour, with the upper half as jitter', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 50].map((failures) => waitAfter(failures, 0, { ...random, unit: () => 1 }));
  expect(longest).toEqual([1, 2, 4, 8, 16, 30, 60, 120, 1_920, 3_600, 3_600].map((seconds) => seconds * 1_000));
  expect(waitAfter(3, 0, { ...random, unit: () => 0 })).toBe(2_000);
});

it('waits longer where the receiver asks for it, up to a day, and never shorter', () => {
  expect(waitAfter(1, 90_000, random)).toBe(90_000);
  expect(waitAfter(1, 10 * 86_400_000, random)).toBe(86_400_000);
  expect(waitAfter(50, 1_000, random)).toBeGreaterThanOrEqual(1_800_000);
  expect(failed(NEW, 0, { status: 503, retryAfter: '120' }).nextAttemptAt).toBe(120_000);
  expect(failed(NEW, 0, { status: 503, retryAfter: 'soon' }).nextAttemptAt).toBeLessThanOrEqual(1_000);
});

it('moves on behind what was delivered, and forgets that it failed', () => {
  const after = failed(failed(failed(NEW, 1_000), 2_000), 3_000, { status: 204 });
  expect(after).toMatchObject({ position: BEHIND, failures: 0 });
  expect([after.failingSince, after.failedAt, after.nextAttemptAt]).toEqual([undefined, undefined, undefined]);
  expect(after.attempts.map(({ attempt, isDelivered }) => [attempt, isDelivered])).toEqual([
    [3, true],
    [2, false],
    [1, false],
  ]);
});

it.each([100, 199, 300, 301, 400, 404, 429, 500])('%d is a failure', (status) => {
  expect(failed(NEW, 0, { status })).toMatchObject({ position: NEW.position, failures: 1, failingSince: 0, failedAt: 0 });
});

it('is disabled once it has failed for a day and twenty times, by neither alone, and at once by 410', () => {
  let observed = NEW;
  for (let hour = 0; hour < 24; hour += 1) observed = failed(observed, hour * 3_600_000);
  expect(observed.disabled).toBeUndefined();
  observed = failed(observed, 86_400_000);
  expect([observed.disabled, observed.nextAttemptAt]).toEqual(['No attempt has succeeded for a day: 25 failed in a row', undefined]);
  expect(failed(failed(NEW, 0), 30 * 86_400_000).disabled).toBeUndefined();
  let often = NEW;
  for (let second = 0; second < 100; second += 1) often = failed(often, second * 1_000);
  expect(often.disabled).toBeUndefined();
  expect(failed(NEW, 0, { status: 410 }).disabled).toContain('410');
});

it('keeps the last attempts only', () => {
  let observed = NEW;
  for (let at = 0; at < 60; at += 1) observed = failed(observed, at, { status: 200 });
  expect([observed.attempts.length, observed.attempts[0]?.at]).toEqual([50, 59]);
});

it('takes a redelivery from the queue whatever became of it, and changes nothing else', () => {
  const observed = {
    ...failed(NEW, 0),
    redeliveries: [
      { revision: 3, index: 1 },
      { revision: 4, index: 0 },
    ],
  };
  const after = afterRedelivery(observed, { revision: 3, index: 1 }, 'cluster.created', { at: 5, durationMs: 1, error: 'ECONNREFUSED' });
  expect(after).toEqual({
    ...observed,
    redeliveries: [{ revision: 4, index: 0 }],
    attempts: [
      { revision: 3, index: 1, type: 'cluster.created', attempt: 0, isDelivered: false, at: 5, durationMs: 1, error: 'ECONNREFUSED' },
      ...observed.attempts,
    ],
  });
});
