import type { Transport } from '@openkupe/sdk';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import type { Network } from '../network/network.ts';
import { isSafeForTokens } from './issuer.ts';

/** The longest response of an issuer, in UTF-16 code units. */
const MOST_LENGTH = 1024 * 1024;
/** The members of a response that the library reads. */
const READ_HEADERS = ['content-type', 'www-authenticate', 'cache-control', 'dpop-nonce'];

interface OutgoingRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: URLSearchParams | undefined;
  readonly signal?: AbortSignal;
}

/** Refuses an address of the discovery document that is neither https nor on this machine: the document is not trusted. */
export function checkEndpoint(address: URL): void {
  if (isSafeForTokens(address)) return;
  throw new Failure(`The issuer names an endpoint that is not https (${address.protocol}//${address.host}); nothing was sent there.`, {
    code: 'issuer-unusable',
    exit: EXIT.failed,
  });
}

/**
 * A fetch for requests to an issuer, over the same network as calls of the API: no clear text to another machine, no redirects, bounded
 * responses.
 */
export function issuerFetch(network: Network): (address: string, request: OutgoingRequest) => Promise<Response> {
  const transports = new Map<string, Promise<Transport>>();
  return async (address, { method, headers, body, signal = new AbortController().signal }) => {
    const url = new URL(address);
    checkEndpoint(url);
    const transport = transports.get(url.origin) ?? network.transportTo(address);
    transports.set(url.origin, transport);
    const answer = await (await transport).send({
      method: method === 'POST' ? 'POST' : 'GET',
      url: url.href,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      body: body?.toString(),
      // NOTE: a refresh token and a code can be used once; they must not be lost on a stale connection.
      isRepeatable: body === undefined,
      signal,
    });
    if (answer.text.length > MOST_LENGTH) throw new RangeError('The answer is too long');
    const found = READ_HEADERS.map((name) => [name, answer.headers.get(name)] as const);
    const readable = found.filter((header): header is [string, string] => typeof header[1] === 'string');
    return new Response(answer.text === '' ? null : answer.text, { status: answer.status, headers: readable });
  };
}
