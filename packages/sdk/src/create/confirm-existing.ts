import type { Answer, CallOptions, Exchange } from '../call.ts';
import type { Engine } from '../engine.ts';
import { AlreadyExistsError } from '../errors/by-status.ts';
import { KupeError } from '../errors/kupe-error.ts';
import { lookInto, runOperation, type Step } from '../operation.ts';
import { ask } from '../resources/ask.ts';
import { type Decode, toAnswer } from '../resources/exchange-to-answer.ts';
import { alreadyHas } from '../update/patch-difference.ts';

/** Creation times have whole seconds, and the two clocks' readings are a network apart. */
const TOLERANCE_MS = 2_000;

/** Whether the server made it after `startedAt` (monotonic), by the server's own clock, so that a skewed local one does no harm. */
function isMadeSince(engine: Engine, startedAt: number, createdAt: string, exchange: Exchange): boolean {
  const served = Date.parse(exchange.headers.get('date') ?? '');
  const serverNow = Number.isNaN(served) ? engine.clock.now() : served;
  return Date.parse(createdAt) >= serverNow - (engine.clock.monotonic() - startedAt) - TOLERANCE_MS;
}

/**
 * Carries out a create and, when its outcome is unknown because an answer got lost, looks whether the resource is there, as asked for
 * and made since the call began: then it was ours. In every other case the error stands.
 * "Treat POST more carefully, because success may already have happened before the retry."
 */
export function createAndConfirm<T extends { readonly createdAt: string }>(
  engine: Engine,
  { create, look, decode }: { create: Step; look: Step; decode: Decode<T> },
  options: CallOptions = {},
): Promise<Answer<T>> {
  return runOperation(engine, create, options, async (operation) => {
    const startedAt = engine.clock.monotonic();
    try {
      return await ask(operation, create, decode);
    } catch (error) {
      if (!(error instanceof KupeError) || error.outcome === 'not-applied') throw error;
      // NOTE: where keys are honoured our own success would be answered with the same 201 again: a 409 speaks of somebody else.
      if (error instanceof AlreadyExistsError && engine.shared.keyedRoutes.has(create.route)) throw error;
      const [exchange, found] = await lookInto(
        error,
        operation.send(look).then((seen) => [seen, toAnswer(look, seen, decode, 'already-created')] as const),
      );
      const asked = Object.fromEntries(Object.entries(create.body as object).filter(([, value]) => value !== ''));
      if (!alreadyHas(found.value, asked) || !isMadeSince(engine, startedAt, found.value.createdAt, exchange)) throw error;
      return found;
    }
  });
}
