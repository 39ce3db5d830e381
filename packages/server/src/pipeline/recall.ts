import { formatRetryAfter, LIMITS, type Route, SUGGESTED_WAITS } from '@openkupe/contract';
import { seal, unsealJson } from '../crypto/seal.ts';
import { invalidRequest, Refusal } from '../errors/refusal.ts';
import type { AnswerToKeep, IdempotencyRecord } from '../store/store.ts';
import type { Exchange, Reply } from './exchange.ts';
import type { Call } from './handler.ts';
import type { IdempotencyKey } from './idempotency-key.ts';
import type { Ports } from './ports.ts';
import { howToReadAgain, type ReadAgain, readKept } from './read-again.ts';

/** Keys whose first request is still running in this process. */
export type RunningKeys = Set<string>;

/** What is sealed: the headers, and either the body or the GET that reads it again. */
interface Sealed {
  readonly headers: Reply['headers'];
  readonly body?: string;
  readonly readAgain?: ReadAgain;
}

/**
 * The answer that was kept under this key, exactly as it was, with the request id of the asking. The body of a long one is read again,
 * with the ETag it has now. 400 when it was for another body, 404 when a long one cannot be read any more.
 */
export async function replay(kept: IdempotencyRecord, key: IdempotencyKey, exchange: Exchange, call: Call, ports: Ports): Promise<Reply> {
  if (kept.fingerprint !== key.fingerprint) {
    throw invalidRequest(
      'This Idempotency-Key was used with another request body; send a new key with a new request',
      'idempotency-key-reused',
    );
  }
  exchange.progress.executed = 'yes';
  const { readAgain, ...original } = unsealJson<Sealed>(kept.sealed, kept.scope, ports.answerKey, `idempotency record "${kept.scope}"`);
  const again = readAgain ? await readKept(readAgain, exchange, call, ports) : original;
  return {
    ...again,
    status: kept.status,
    headers: { ...again.headers, ...exchange.progress.headers, 'x-request-id': exchange.requestId, 'idempotent-replayed': 'true' },
  };
}

/** Stage 7. Looks for a idempotency record; 409 with a `Retry-After` while the first request with the key still runs. */
export async function recall(
  key: IdempotencyKey,
  exchange: Exchange,
  call: Call,
  ports: Ports,
  running: RunningKeys,
): Promise<Reply | undefined> {
  if (running.has(key.scope)) {
    throw new Refusal(409, 'A request with this Idempotency-Key is still running; wait and repeat it to get its answer', {
      code: 'idempotency-key-in-use',
      headers: { 'retry-after': formatRetryAfter(SUGGESTED_WAITS.idempotencyRunningMs) },
    });
  }
  const kept = await ports.store.idempotencyRecord(key.scope, ports.confirmedTime.atLeast());
  return kept && replay(kept, key, exchange, call, ports);
}

/**
 * What the commit keeps along with the change: the reply, sealed, because it may show an API key; of a reply with a long body only how
 * to read it again, so that large answers do not fill the disk.
 */
export function toKeep(
  key: IdempotencyKey,
  { route, call }: { readonly route: Route; readonly call: Call },
  ports: Ports,
  reply: (resources: Parameters<AnswerToKeep['seal']>[0]) => Reply,
): AnswerToKeep {
  return {
    ...key,
    expiresAt: ports.confirmedTime.now() + LIMITS.idempotencyRecordMs,
    nowMs: ports.confirmedTime.now(),
    tenant: call.principal.tenant,
    quotaBytes: ports.idempotencyRecordBytesPerTenant,
    replaceableMs: LIMITS.idempotencyRecordMs - LIMITS.idempotencyRecordLeastMs,
    seal(resources) {
      const { status, headers, body } = reply(resources);
      const isLong = body !== undefined && Buffer.byteLength(body) > LIMITS.keptBodyBytes;
      const readAgain = isLong ? howToReadAgain(route, call) : undefined;
      const sealed: Sealed = { headers, ...(readAgain ? { readAgain } : body === undefined ? {} : { body }) };
      return { status, sealed: seal(JSON.stringify(sealed), key.scope, ports.answerKey, ports.random) };
    },
  };
}
