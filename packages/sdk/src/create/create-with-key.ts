import { randomId } from '../build-request.ts';
import type { ApiCall, ChangeOptions, Result } from '../call.ts';
import type { Engine } from '../engine.ts';
import { KupeError } from '../errors/kupe-error.ts';
import { findOut, runOperation } from '../operation.ts';
import { type Decode, toResult } from '../to-result.ts';
import { validateOnce } from '../validate-once.ts';

/** Whether a create has happened and its answer cannot be read, or may have happened and could not be repeated without proof. */
function isLost({ outcome, stopReason }: KupeError): boolean {
  return outcome === 'applied' || (outcome === 'unknown' && stopReason === 'not-repeatable');
}

/**
 * Carries out a create whose answer cannot be had by reading, such as one that shows a secret. When the answer got lost, or cannot be
 * decoded, before the server has announced idempotency keys, `reading` is sent once: if its answer announces them, the same create is sent
 * again with the same key and gets the recorded answer. Otherwise the error is thrown: a repeat could create a second one.
 */
export function createWithKey<T>(
  engine: Engine,
  { create, reading, decode }: { create: ApiCall; reading: ApiCall; decode: Decode<T> },
  { validateOnly, ...options }: ChangeOptions = {},
): Promise<Result<T>> {
  if (validateOnly) return validateOnce(engine, create, (success) => toResult(create, success, decode), options);
  const idempotencyKey = options.idempotencyKey ?? randomId(engine, 16);
  return runOperation(engine, create, { ...options, idempotencyKey }, async (operation) => {
    try {
      return await operation.request(create, decode);
    } catch (error) {
      if (!(error instanceof KupeError) || !isLost(error)) throw error;
      const { headers } = await findOut(error, operation.send({ ...reading, isSentOnce: true }));
      if (headers.get('idempotency-key-support') !== 'yes') throw error;
      engine.shared.keyedRoutes.add(create.route);
      return operation.request(create, decode);
    }
  });
}
