import { isRepeatable, type RequestFacts } from '@openkupe/contract/retry/repeatable';
import type { ApiCall } from './call.ts';
import type { CallState } from './call-state.ts';
import type { Engine } from './engine.ts';
import type { TransportRequest } from './transport/transport.ts';

/** Random bytes as lower-case hexadecimal digits. */
export function randomId(engine: Engine, bytes: number): string {
  let digits = '';
  for (const byte of engine.random.bytes(bytes)) digits += byte.toString(16).padStart(2, '0');
  return digits;
}

/**
 * The idempotency key of a call, the same for all its attempts: the caller's, or a generated one for every POST, and for a PATCH of a route
 * that has announced keys. A server without keys ignores it; a repeat relies on it only where support was announced.
 */
export function keyFor(engine: Engine, call: ApiCall): string | undefined {
  const isWanted = call.method === 'POST' || (call.method === 'PATCH' && engine.shared.keyedRoutes.has(call.route));
  return call.idempotencyKey ?? (isWanted ? randomId(engine, 16) : undefined);
}

/** The facts on which repeating depends, as they are known now: an answer may announce idempotency keys at any time. */
export function factsOf({ engine, call, key }: CallState): RequestFacts {
  return {
    method: call.method,
    hasIfMatch: call.ifMatch !== undefined,
    hasKey: key !== undefined && engine.shared.keyedRoutes.has(call.route),
  };
}

/** The request of one attempt, with an id of its own, so that it can be found in the server's log even when no answer comes. */
export function buildRequest(state: CallState): Omit<TransportRequest, 'signal'> {
  const { engine, call, key, progress } = state;
  const headers: Record<string, string> = {
    // NOTE: a server that knows problem+json says in a 400 which fields are wrong, and in a 412 what changed; any other answers JSON.
    accept: `application/json${call.ifMatch === undefined && call.body === undefined ? '' : ', application/problem+json'}`,
    'user-agent': engine.userAgent,
    'x-request-id': randomId(engine, 8),
  };
  if (!call.isPublic) headers.authorization = `Bearer ${engine.credential}`;
  if (call.body !== undefined) headers['content-type'] = 'application/json';
  if (call.ifMatch !== undefined) headers['if-match'] = call.ifMatch;
  if (key !== undefined) headers['idempotency-key'] = key;
  return {
    method: call.method,
    url: engine.origin + call.path + (call.query ?? ''),
    headers,
    body: call.body === undefined ? undefined : JSON.stringify(call.body),
    isRepeatable: isRepeatable(factsOf(state)),
    attempt: progress.countedAttempts + 1,
  };
}
