import { MOST_RESPONSE_BYTES, NoAnswer, type Transport } from './transport.ts';

/** Error codes that are raised before the first byte of a request is written. */
const NOTHING_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;

async function readBounded(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    bytes += part.value.byteLength;
    if (bytes > MOST_RESPONSE_BYTES) {
      await reader.cancel();
      throw new NoAnswer('too-large', `The answer is longer than ${MOST_RESPONSE_BYTES} bytes; ask for less`);
    }
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}

/** The transport that works everywhere: browsers, workers, Deno, Bun and Node. */
export function createFetchTransport(fetchFunction: typeof fetch = (...parts) => fetch(...parts)): Transport {
  return {
    name: 'fetch',
    async send({ method, url, headers, body, signal }) {
      try {
        const response = await fetchFunction(url, { method, headers, body: body ?? null, signal, redirect: 'manual' });
        return { status: response.status, headers: response.headers, text: await readBounded(response) };
      } catch (error) {
        if (error instanceof NoAnswer) throw error;
        const code = String((error as { cause?: { code?: unknown } }).cause?.code);
        if (NOTHING_SENT.test(code)) throw new NoAnswer('unreachable', `The server could not be reached (${code})`, error);
        throw new NoAnswer('no-answer', 'The connection ended before there was an answer', error);
      }
    },
  };
}
