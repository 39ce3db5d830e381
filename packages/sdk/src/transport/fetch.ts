import { isEventStream, MOST_RESPONSE_BYTES, NoAnswer, type Transport, type TransportRequest } from './transport.ts';
import { unreachable } from './unreachable.ts';

/** Error codes that are raised before the first byte of a request is written. */
const NOTHING_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|UND_ERR_CONNECT_TIMEOUT|EPROTO|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG))$|CERT|LEAF_SIGNATURE$/;
/** How Deno, which has no codes, marks what failed before there was a connection. */
const NOT_CONNECTED = /client error \(Connect\)/;

/** Node puts the code on the cause, Bun on the error itself. */
interface FetchFailure {
  readonly code?: unknown;
  readonly cause?: { readonly code?: unknown; readonly message?: string };
}

/** The reason, if it is certain that nothing was sent. Browsers do not say. */
function whyNothingWasSent({ code, cause }: FetchFailure): string | undefined {
  const found = String(cause?.code ?? code);
  if (NOTHING_SENT.test(found)) return found;
  return NOT_CONNECTED.test(cause?.message ?? '') ? 'not connected' : undefined;
}

/** NOTE: a browser hides which redirect it was that was not followed; 300 stands for its class. */
function statusOf(response: Response): number {
  return response.type === 'opaqueredirect' ? 300 : response.status;
}

async function readBounded(response: Response, onText?: (text: string) => void): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (onText) {
      onText(decoder.decode(part.value, { stream: true }));
      continue;
    }
    bytes += part.value.byteLength;
    if (bytes > MOST_RESPONSE_BYTES) {
      await reader.cancel();
      throw new NoAnswer('unreadable', `The answer is longer than ${MOST_RESPONSE_BYTES} bytes; ask for less`);
    }
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * The options of `fetch` for a request that must not arrive twice. Bun then takes a fresh connection. Deno sends every body
 * again that it has kept, a POST's too, when the connection breaks (denoland/deno#35610); a stream it cannot send again.
 */
function onlyOnce(body: string | undefined): RequestInit {
  if (body === undefined || !('Deno' in globalThis)) return { keepalive: false };
  return { body: new Blob([body]).stream(), duplex: 'half' } as RequestInit;
}

/**
 * The headers that this runtime may send. A browser asks the server of another origin by a preflight for every header that is not always
 * allowed, and sends nothing when it is refused: a name and a trace are not worth that.
 */
function sendable(headers: TransportRequest['headers']): Readonly<Record<string, string>> {
  if (!/^Mozilla\//.test(globalThis.navigator?.userAgent ?? '')) return headers;
  const { 'user-agent': _name, traceparent: _trace, ...others } = headers;
  return others;
}

/**
 * The transport that works everywhere: browsers, workers, Deno, Bun and Node. Takes another `fetch` than the runtime's.
 *
 * @example
 * const uncached = createFetchTransport((address, parts) => fetch(address, { ...parts, cache: 'no-store' }));
 * const apiKey = process.env.KUPE_API_KEY ?? '';
 * await createClient({ host: 'https://api.kupe.cloud', tenant: 'acme', apiKey, transport: uncached }).clusters.list();
 */
export function createFetchTransport(fetchFunction: typeof fetch = (...parts) => fetch(...parts)): Transport {
  return {
    name: 'fetch',
    async send({ method, url, headers, body, isRepeatable, signal, onText }) {
      const parts: RequestInit = { method, headers: sendable(headers), body: body ?? null, signal, redirect: 'manual' };
      try {
        const response = await fetchFunction(url, isRepeatable ? parts : { ...parts, ...onlyOnce(body) });
        const isStream = isEventStream(response.headers.get('content-type'));
        return { status: statusOf(response), headers: response.headers, text: await readBounded(response, isStream ? onText : undefined) };
      } catch (error) {
        if (error instanceof NoAnswer) throw error;
        const why = whyNothingWasSent(error as FetchFailure);
        if (why) throw unreachable(`server at ${new URL(url).origin}`, why, error);
        throw new NoAnswer('no-answer', 'The connection ended before there was an answer', error);
      }
    },
  };
}
