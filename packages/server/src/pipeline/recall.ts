import { formatRetryAfter, LIMITS, SUGGESTED_WAITS } from '@openkupe/contract';
import type { Ports } from '../ports.ts';
import { invalidRequest, Refusal } from '../refusal.ts';
import type { AnswerToKeep, KeptAnswer } from '../store/store.ts';
import type { Exchange, Reply } from './exchange.ts';
import type { IdempotencyKey } from './idempotency-key.ts';
import { seal, unseal } from './seal.ts';

/** Keys whose first request is still running in this process. */
export type RunningKeys = Set<string>;

/** The answer that was kept under this key, exactly as it was, with the request id of the asking. 400 when it was for another body. */
export function replay(kept: KeptAnswer, key: IdempotencyKey, exchange: Exchange, ports: Ports): Reply {
  if (kept.fingerprint !== key.fingerprint) {
    throw invalidRequest(
      'This Idempotency-Key was used with another request body; send a new key with a new request',
      'idempotency-key-reused',
    );
  }
  exchange.progress.executed = 'yes';
  const original = JSON.parse(unseal(kept.sealed, kept.scope, ports.answerKey)) as Reply;
  return {
    ...original,
    status: kept.status,
    headers: { ...original.headers, ...exchange.progress.headers, 'x-request-id': exchange.requestId, 'idempotent-replayed': 'true' },
  };
}

/** Stage 7. Looks for a kept answer; 409 with a `Retry-After` while the first request with the key still runs. */
export async function recall(key: IdempotencyKey, exchange: Exchange, ports: Ports, running: RunningKeys): Promise<Reply | undefined> {
  if (running.has(key.scope)) {
    throw new Refusal(409, 'A request with this Idempotency-Key is still running; wait and repeat it to get its answer', {
      code: 'idempotency-key-in-use',
      headers: { 'retry-after': formatRetryAfter(SUGGESTED_WAITS.idempotencyRunningMs) },
    });
  }
  const kept = await ports.store.keptAnswer(key.scope, ports.clock.now());
  return kept && replay(kept, key, exchange, ports);
}

/** What the commit keeps along with the change: the reply, sealed, because it may show an API key. */
export function toKeep(key: IdempotencyKey, ports: Ports, reply: (resources: Parameters<AnswerToKeep['seal']>[0]) => Reply): AnswerToKeep {
  return {
    ...key,
    expiresAt: ports.clock.now() + LIMITS.keptAnswerMs,
    seal(resources) {
      const { status, headers, body } = reply(resources);
      return { status, sealed: seal(JSON.stringify({ headers, body }), key.scope, ports.answerKey, ports.random) };
    },
  };
}
