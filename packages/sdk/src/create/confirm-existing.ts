import type { ApiCall, ChangeOptions, Result, Success } from '../call.ts';
import type { Engine } from '../engine.ts';
import { AlreadyExistsError } from '../errors/by-status.ts';
import { KupeError } from '../errors/kupe-error.ts';
import { findOut, runOperation } from '../operation.ts';
import { type Decode, toResult } from '../to-result.ts';
import { alreadyHas } from '../update/patch-difference.ts';
import { validateOnce } from '../validate-once.ts';

/** Creation times have whole seconds, and the two clocks' readings are a network apart. */
const TOLERANCE_MS = 2_000;

/** Whether the server created it after `startedAt` (monotonic), by the server's own clock, so that a skewed local one does no harm. */
function isCreatedSince(engine: Engine, startedAt: number, createdAt: string, { headers }: Success): boolean {
  const served = Date.parse(headers.get('date') ?? '');
  const serverNow = Number.isNaN(served) ? engine.clock.now() : served;
  return Date.parse(createdAt) >= serverNow - (engine.clock.monotonic() - startedAt) - TOLERANCE_MS;
}

/**
 * Carries out a create. When its outcome is unknown because an answer got lost, reads the resource: if it is as asked for and was created
 * since the call began, the call succeeds with `recovered`; in every other case the error is thrown.
 * "Treat POST more carefully, because success may already have happened before the retry."
 */
export function createAndConfirm<T extends { readonly createdAt: string }>(
  engine: Engine,
  { create, reading, decode }: { create: ApiCall; reading: ApiCall; decode: Decode<T> },
  { validateOnly, ...options }: ChangeOptions = {},
): Promise<Result<T>> {
  if (validateOnly) return validateOnce(engine, create, (success) => toResult(create, success, decode), options);
  return runOperation(engine, create, options, async (operation) => {
    const startedAt = engine.clock.monotonic();
    try {
      return await operation.request(create, decode);
    } catch (error) {
      if (!(error instanceof KupeError) || error.outcome === 'not-applied') throw error;
      // NOTE: where keys are honoured an earlier success is answered with the same 201 again: this 409 is about the create of another.
      if (error instanceof AlreadyExistsError && engine.shared.keyedRoutes.has(create.route)) throw error;
      const found = await findOut(
        error,
        operation.send(reading).then((success) => ({ success, result: toResult(reading, success, decode, 'already-created') })),
      );
      const asked = Object.fromEntries(Object.entries(create.body as object).filter(([, value]) => value !== ''));
      const { value } = found.result;
      if (!alreadyHas(value, asked) || !isCreatedSince(engine, startedAt, value.createdAt, found.success)) throw error;
      return found.result;
    }
  });
}
