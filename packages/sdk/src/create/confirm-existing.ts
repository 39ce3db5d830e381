import type { Answer, ApiCall, Exchange } from '../call.ts';
import { carryOut } from '../carry-out.ts';
import type { Engine } from '../engine.ts';
import { KupeError } from '../errors/kupe-error.ts';
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
 * Carries out a create and, when its outcome is unknown (an answer got lost, or a 409 followed a lost answer), looks whether the
 * resource is there, as asked for and made since the call began: then it was ours. In every other case the error stands.
 * "Treat POST more carefully, because success may already have happened before the retry."
 */
export async function createAndConfirm<T extends { readonly createdAt: string }>(
  engine: Engine,
  { create, read, decode }: { create: ApiCall; read: ApiCall; decode: Decode<T> },
): Promise<Answer<T>> {
  const startedAt = engine.clock.monotonic();
  try {
    return toAnswer(create, await carryOut(engine, create), decode);
  } catch (error) {
    if (!(error instanceof KupeError) || error.outcome === 'not-applied') throw error;
    const exchange = await carryOut(engine, read).catch((reason: unknown) => {
      read.options.signal?.throwIfAborted();
      return reason instanceof KupeError ? undefined : Promise.reject(reason);
    });
    if (!exchange) throw error;
    const found = toAnswer(read, exchange, decode, 'already-created');
    const asked = Object.fromEntries(Object.entries(create.body as object).filter(([, value]) => value !== ''));
    if (!alreadyHas(found.value, asked) || !isMadeSince(engine, startedAt, found.value.createdAt, exchange)) throw error;
    engine.emit({ type: 'recovered', call: create, how: 'already-created' });
    return { ...found, attempts: [...error.attempts, ...found.attempts] };
  }
}
