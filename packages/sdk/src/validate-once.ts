import type { ApiCall, CallOptions, Result, Success } from './call.ts';
import type { Engine } from './engine.ts';
import { DecodeError } from './errors/by-status.ts';
import { runOperation } from './operation.ts';

/**
 * Sends a write as one that is only to be validated, and returns what `read` makes of the answer. Throws a DecodeError with the outcome
 * `applied` where the server does not confirm it: such a server knows no validation, and has carried the write out.
 */
export function validateOnce<T>(
  engine: Engine,
  call: ApiCall,
  read: (success: Success) => Result<T>,
  options: CallOptions,
): Promise<Result<T>> {
  return runOperation(engine, call, options, async (operation) => {
    const success = await operation.send({ ...call, query: '?validateOnly=true' });
    if (success.headers.get('validate-only') === 'true') return read(success);
    const { status, attempts, requestId } = success;
    const message = `The server does not know validateOnly, so ${call.method} ${call.path} was carried out; check what it did`;
    throw new DecodeError(message, { status, attempts, requestId, outcome: 'applied' });
  });
}
