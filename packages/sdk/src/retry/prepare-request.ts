import type { ApiCall } from '../call.ts';
import type { Engine } from '../engine.ts';
import type { TransportRequest } from '../transport/transport.ts';
import { isRepeatable, type RequestFacts } from './repeatable.ts';
import type { Run } from './run.ts';

/** Lower-case hexadecimal digits of random bytes. */
export function randomId(engine: Engine, bytes: number): string {
  return Array.from(engine.random.bytes(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The idempotency key of a call, the same for all its attempts: the caller's, or one of our own for every POST, and for a PATCH where
 * keys are known to be honoured. A server that knows no keys ignores it; it is trusted only where support was announced.
 */
export function keyFor(engine: Engine, call: ApiCall): string | undefined {
  const isWanted = call.method === 'POST' || (call.method === 'PATCH' && engine.shared.keyedRoutes.has(call.route));
  return call.options.idempotencyKey ?? (isWanted ? randomId(engine, 16) : undefined);
}

/** The facts on which repeating depends, as they are known now. */
export function factsOf({ engine, call, key }: Run): RequestFacts {
  return {
    method: call.method,
    hasIfMatch: call.ifMatch !== undefined,
    hasKey: key !== undefined && engine.shared.keyedRoutes.has(call.route),
  };
}

/** The request for one attempt, with an id of its own, so that it can be found in the server's log even when no answer comes. */
export function prepareRequest(run: Run, requestId: string): Omit<TransportRequest, 'signal'> {
  const { engine, call, key } = run;
  const headers = {
    // A 412 may then carry what is there now; a server that knows no such body answers JSON as ever.
    accept: `application/json${call.ifMatch === undefined ? '' : ', application/problem+json'}`,
    'user-agent': engine.userAgent,
    'x-request-id': requestId,
    authorization: call.isPublic ? undefined : `Bearer ${engine.credential}`,
    'content-type': call.body === undefined ? undefined : 'application/json',
    'if-match': call.ifMatch,
    'idempotency-key': key,
  };
  return {
    method: call.method,
    url: engine.origin + call.path,
    headers: Object.fromEntries(Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined)),
    body: call.body === undefined ? undefined : JSON.stringify(call.body),
    isRepeatable: isRepeatable(factsOf(run)),
    attempt: run.countedAttempts + 1,
  };
}
