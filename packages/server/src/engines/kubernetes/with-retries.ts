import type { Clock, Random } from '@openkupe/contract';
import { classify } from '@openkupe/contract/retry/classify';
import { decide, type RetryQuestion } from '@openkupe/contract/retry/decide';
import type { RetryPolicy } from '@openkupe/contract/retry/policy';
import type { SentRequest } from './connection.ts';
import { ConnectionError, KubernetesError } from './kubernetes-error.ts';

/** Time and chance of the waits. */
export interface RetryPorts {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Short waits: the callers are reconcilers with a backoff of their own for what lasts longer. Priority and fairness of an API server asks
 * for one to a few seconds (https://kubernetes.io/docs/concepts/cluster-administration/flow-control/).
 */
const POLICY: RetryPolicy = {
  attempts: 4,
  firstDelayMs: 100,
  longestDelayMs: 1_000,
  attemptTimeoutMs: 30_000,
  deadlineMs: 45_000,
  maxRetryAfterMs: 10_000,
  onOpenCircuit: 'fail-fast',
};

/** The outcome in the terms of the retry decision; `undefined` for an error that is none of an API server. */
function outcomeOf(error: unknown): RetryQuestion['outcome'] | undefined {
  if (error instanceof ConnectionError) return error.outcome;
  if (!(error instanceof KubernetesError)) return undefined;
  const outcome = classify(error.code);
  return outcome === 'succeeded' ? undefined : outcome;
}

/**
 * Sends a request, and again as `decide` says (a server-side apply sets the same fields again, so it may be repeated): after 429 and 503 with their `Retry-After`, after a 500 or without an answer where the request may be
 * repeated. Throws the last error, and the signal's reason.
 */
export async function withRetries<T>(
  send: () => Promise<T>,
  method: SentRequest['method'],
  { clock, random }: RetryPorts,
  signal?: AbortSignal,
): Promise<T> {
  const endsAt = clock.monotonic() + POLICY.deadlineMs;
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await send();
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome === undefined || signal?.aborted) throw error;
      const { waitMs } = decide({
        method,
        hasIfMatch: method === 'PATCH',
        hasKey: false,
        outcome,
        attempts,
        policy: POLICY,
        serverWaitMs: error instanceof KubernetesError ? error.retryAfterMs : undefined,
        executed: 'unknown',
        leftMs: endsAt - clock.monotonic(),
        chance: random.unit(),
      });
      if (waitMs === undefined) throw error;
      await clock.sleep(waitMs, signal);
    }
  }
}
