import type { ApiCall, Exchange } from './call.ts';
import type { Engine } from './engine.ts';
import { errorFromFailure } from './errors/error-from-failure.ts';
import { runCall } from './retry/loop.ts';
import type { AttemptRecord } from './retry/trace.ts';
import { startSpan } from './telemetry/open-telemetry.ts';

/** A value that no header can carry is a mistake of the caller, not trouble of the network. */
function checkHeaderValues({ ifMatch, options: { idempotencyKey } }: ApiCall): void {
  for (const [name, value] of Object.entries({ ifMatch, idempotencyKey }))
    if (value !== undefined && !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw new TypeError(
        `The ${name} ${JSON.stringify(value.slice(0, 80))} has characters that no header can carry; send it as it was given`,
      );
}

/**
 * Carries out a call and returns its 2xx. Throws the error class of how it ended, with the trail of all attempts, or the reason of the
 * caller's signal. Tells whoever traces or listens.
 */
export async function carryOut(engine: Engine, call: ApiCall): Promise<Exchange> {
  checkHeaderValues(call);
  const span = startSpan(engine.origin, call);
  const attempts: AttemptRecord[] = [];
  let failed: Error | undefined;
  try {
    const end = await runCall(engine, call, attempts);
    if (!('stopReason' in end)) {
      span?.end(attempts);
      return end;
    }
    failed = errorFromFailure(end);
    span?.end(attempts, failed);
  } catch (reason) {
    span?.end(attempts, reason);
    throw reason;
  }
  if (!call.isStep) engine.emit({ type: 'gave-up', call, error: failed });
  throw failed;
}
