import type { ApiCall, Result, WriteOptions } from '../call.ts';
import type { Engine } from '../engine.ts';
import { PreconditionFailedError } from '../errors/by-status.ts';
import { findOut, runOperation } from '../operation.ts';
import { type Decode, toResult } from '../to-result.ts';
import { validateOnce } from '../validate-once.ts';
import { isEqualJson } from './patch-difference.ts';

/** A PUT, and how to read what it was written to. */
export interface Putting<T> {
  readonly call: ApiCall;
  readonly reading: ApiCall;
  readonly decode: Decode<T>;
}

/**
 * Replaces a resource once. A 412 after an attempt of unknown outcome may be due to that attempt's own success: if the resource reads as
 * it was written, the call succeeds with `recovered`; if not, as with a credential that is masked in answers, the 412 is thrown.
 */
export function putOnce<T>(
  engine: Engine,
  { call, reading, decode }: Putting<T>,
  { validateOnly, ifMatch, ...options }: WriteOptions = {},
): Promise<Result<T>> {
  const put: ApiCall = { ...call, ifMatch };
  if (validateOnly) return validateOnce(engine, put, (success) => toResult(put, success, decode), options);
  return runOperation(engine, put, options, async (operation) => {
    try {
      return await operation.request(put, decode);
    } catch (error) {
      if (!(error instanceof PreconditionFailedError) || error.outcome !== 'unknown') throw error;
      const current = await findOut(error, operation.request(reading, decode));
      if (!isEqualJson(current.value, decode(put.body))) throw error;
      return { ...current, recovered: 'already-applied' };
    }
  });
}
