import type { Answer, CallOptions } from '../call.ts';
import type { Engine } from '../engine.ts';
import { KupeError } from '../errors/kupe-error.ts';
import { lookInto, runOperation, type Step } from '../operation.ts';
import { ask } from '../resources/ask.ts';
import type { Decode } from '../resources/exchange-to-answer.ts';
import { randomId } from '../retry/prepare-request.ts';

/** Whether a create has happened and its answer cannot be read, or may have happened and could not be repeated without proof. */
function isLost({ outcome, stopReason }: KupeError): boolean {
  return outcome === 'applied' || (outcome === 'unknown' && stopReason === 'not-repeatable');
}

/**
 * Carries out a create whose answer cannot be had by reading. When an answer got lost, or cannot be read, before the server has said
 * whether it honours idempotency keys, `look` is sent once, a harmless read: if its answer announces them, the same create is sent again
 * with the same key, and brings the answer that was kept. Otherwise the error stands: it may have happened, and a repeat could make a
 * second one.
 */
export function createWithKey<T>(
  engine: Engine,
  { create, look, decode }: { create: Step; look: Step; decode: Decode<T> },
  options: CallOptions = {},
): Promise<Answer<T>> {
  const idempotencyKey = options.idempotencyKey ?? randomId(engine, 16);
  return runOperation(engine, create, { ...options, idempotencyKey }, async (operation) => {
    try {
      return await ask(operation, create, decode);
    } catch (error) {
      if (!(error instanceof KupeError) || !isLost(error)) throw error;
      const { headers } = await lookInto(error, operation.sendOnce(look));
      if (headers.get('idempotency-key-support') !== 'yes') throw error;
      engine.shared.keyedRoutes.add(create.route);
      return ask(operation, create, decode);
    }
  });
}
