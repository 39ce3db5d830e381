import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { describe, expect, test } from 'vitest';
import { signInByDevice } from './device-flow.ts';
import type { Poll } from './device-grant.ts';
import type { Provider } from './provider.ts';

const TOKENS = { accessToken: 'a', refreshToken: undefined, expiresAtMs: undefined, email: undefined };
const DEVICE = { device_code: 'd', user_code: 'ABCD-EFGH', verification_uri: 'https://auth.example/device', expires_in: 60 };

/** Answers that a real provider gives only under conditions that no test can arrange: too much haste, and lost requests. */
async function follow(polls: readonly Poll[], device: { interval?: number; expires_in?: number } = {}) {
  const clock = createManualClock();
  const startedAt = clock.monotonic();
  const askedAfterMs: number[] = [];
  const notes: string[] = [];
  const provider = {
    startDevice: async () => ({ ...DEVICE, ...device }),
    poll: async () => {
      askedAfterMs.push(clock.monotonic() - startedAt);
      return polls[askedAfterMs.length - 1] ?? 'pending';
    },
  } as unknown as Provider;
  const scene = { clock, signal: new AbortController().signal, note: (text: string) => void notes.push(text) };
  let end: unknown;
  signInByDevice(provider, scene).then(
    (tokens) => {
      end = tokens;
    },
    (error) => {
      end = error;
    },
  );
  for (let second = 0; second < 200 && end === undefined; second++) await clock.advance(1_000);
  return { end, askedAfterMs, notes };
}

describe('the pace of asking (RFC 8628 §3.5)', () => {
  test.each([
    ['every five seconds when the issuer does not say', [], {}, [5_000, 10_000, 15_000]],
    ['every interval of the issuer', [], { interval: 2 }, [2_000, 4_000, 6_000]],
    ['five seconds slower for good after slow_down', ['slow-down'], { interval: 2 }, [2_000, 9_000, 16_000]],
    ['twice as slow after a lost request', ['no-answer', 'pending'], { interval: 2 }, [2_000, 6_000, 10_000]],
  ] as const)('%s', async (_, polls, device, expected) => {
    const before: Poll[] = ['pending', 'pending', 'pending'];
    polls.forEach((poll, index) => {
      before[index] = poll;
    });
    const { end, askedAfterMs } = await follow([...before.slice(0, 2), TOKENS], device);
    expect([askedAfterMs, end]).toEqual([expected, TOKENS]);
  });
});

test('shows the address and the code', async () => {
  const { notes } = await follow([TOKENS]);
  expect(notes[0]).toBe('Open https://auth.example/device');
  expect(notes[1]).toContain('ABCD-EFGH');
});

test('gives up when the code has ended, whatever the issuer answers', async () => {
  const { end, askedAfterMs } = await follow([], { expires_in: 12 });
  expect(end).toMatchObject({ details: { exit: 3, code: 'code-expired' } });
  expect(askedAfterMs).toEqual([5_000, 10_000, 15_000]);
});
