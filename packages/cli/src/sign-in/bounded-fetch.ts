import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { isSafeForTokens } from './issuer.ts';

const MOST_BYTES = 1024 * 1024;

interface OutgoingRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: URLSearchParams | undefined;
  readonly signal?: AbortSignal;
}

/** A body that fails when it is longer than a megabyte; no answer of an issuer is. */
function bounded(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  let bytes = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > MOST_BYTES) controller.error(new RangeError('The answer is too long'));
      else controller.enqueue(chunk);
    },
  });
  return body.pipeThrough(limit);
}

/** Refuses an address of the discovery document that is neither https nor on this machine: it may come from anybody who runs an issuer. */
export function checkEndpoint(address: URL): void {
  if (isSafeForTokens(address)) return;
  throw new Failure(`The issuer names an endpoint that is not https (${address.protocol}//${address.host}); nothing was sent there.`, {
    code: 'issuer-unusable',
    exit: EXIT.failed,
  });
}

/** A fetch for conversations with an issuer: no clear text to another machine, no redirect followed, no endless answer. */
export async function fetchFromIssuer(address: string, { body, ...init }: OutgoingRequest): Promise<Response> {
  checkEndpoint(new URL(address));
  const response = await fetch(address, { ...init, body: body ?? null, redirect: 'manual' });
  const { status, statusText, headers } = response;
  return response.body ? new Response(bounded(response.body), { status, statusText, headers }) : response;
}
