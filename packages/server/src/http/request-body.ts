import type { IncomingMessage, ServerResponse } from 'node:http';

/** Responses to requests that said `Expect: 100-continue` and wait for it, by their request. */
const awaiting = new WeakMap<IncomingMessage, ServerResponse>();
/** Why the bodies of these requests ended before their end. */
const broken = new WeakMap<IncomingMessage, unknown>();

/** Notes that the client waits for `100 Continue` before it sends the body. */
export function awaitContinue(request: IncomingMessage, response: ServerResponse): void {
  awaiting.set(request, response);
}

/** Ends a body of which no more can come: its reader gets `error` where the rest should be, and so decides what is answered. */
export function breakBodyOff(request: IncomingMessage, error: unknown): void {
  broken.set(request, error);
  // NOTE: Node destroys the connection of a request whose stream ends while it is not complete, and the answer with it.
  request.complete = true;
  request.push(null);
}

/**
 * The bytes of a request's body. `100 Continue` is sent when the first is asked for, which is after everything that could refuse the
 * request unread: a client gets the final status instead and keeps its body (RFC 9110 §10.1.1). Throws what the body broke off with.
 */
export async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  awaiting.get(request)?.writeContinue();
  // NOTE: leaving the loop over it early does not destroy it, so that what is not read can still be dropped after the answer.
  yield* request.iterator({ destroyOnReturn: false });
  if (broken.has(request)) throw broken.get(request);
}
