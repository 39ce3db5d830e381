import type { ApiCall, Exchange } from './call.ts';
import type { Engine } from './engine.ts';
import { ArgumentError } from './errors/argument-error.ts';
import { errorFromFailure } from './errors/error-from-failure.ts';
import { runCall } from './retry/loop.ts';
import type { AttemptRecord } from './retry/trace.ts';
import { startSpan } from './telemetry/open-telemetry.ts';

/** A value that no header can carry is a mistake of the caller; transports refuse it in ways that look like a broken connection. */
function checkHeaderValues({ userAgent }: Engine, { ifMatch, options: { idempotencyKey } }: ApiCall): void {
  const given = { 'user-agent': userAgent, 'if-match': ifMatch, 'idempotency-key': idempotencyKey };
  for (const [name, value] of Object.entries(given))
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value ?? ''))
      throw new ArgumentError(`The value for ${name} has a line break or another character that no header can carry`);
}

/**
 * Carries out a call and returns its 2xx. Throws the error class of how it ended, with the trail of all attempts, or the reason of the
 * caller's signal. Tells whoever traces.
 */
export async function carryOut(engine: Engine, call: ApiCall): Promise<Exchange> {
  checkHeaderValues(engine, call);
  const span = startSpan(engine.origin, call);
  const attempts: AttemptRecord[] = [];
  try {
    const end = await runCall(engine, call, attempts);
    if ('stopReason' in end) throw errorFromFailure(end, engine.origin);
    span?.end(attempts);
    return end;
  } catch (error) {
    span?.end(attempts, error);
    throw error;
  }
}
