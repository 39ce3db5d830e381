import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { isEventStream, MOST_RESPONSE_BYTES, NoAnswer, type TransportResponse } from './transport.ts';

/** The content codings that an answer may have, in the order of preference (RFC 9110 §8.4.1). */
export const ACCEPT_ENCODING = 'gzip, deflate, br';

/** Nothing puts more codings than this on an answer. */
const MOST_CODINGS = 3;

/** Most bytes of the headers of an answer; Node's own limit of 16 KiB is too small for what some proxies add. */
export const MOST_HEADER_BYTES = 64 * 1024;

const [gunzip, inflate, inflateRaw, brotli] = [zlib.gunzip, zlib.inflate, zlib.inflateRaw, zlib.brotliDecompress].map(
  (decode) => promisify(decode) as (bytes: Buffer, options: zlib.ZlibOptions) => Promise<Buffer>,
) as [Decode, Decode, Decode, Decode];
type Decode = (bytes: Buffer, options: zlib.ZlibOptions) => Promise<Buffer>;

const DECODERS: Readonly<Record<string, Decode>> = {
  identity: async (bytes) => bytes,
  gzip: gunzip,
  'x-gzip': gunzip,
  br: brotli,
  // NOTE: some servers omit the zlib wrapper (RFC 9110 §8.4.1.2); its first byte ends in 8.
  deflate: (bytes, options) => (((bytes[0] ?? 0) & 0x0f) === 8 ? inflate : inflateRaw)(bytes, options),
};

/** An answer of more than {@link MOST_RESPONSE_BYTES}, as it came or decoded. */
export function tooLong(): NoAnswer {
  return new NoAnswer('unreadable', `The answer is longer than ${MOST_RESPONSE_BYTES} bytes; ask for less`);
}

function cutShort(cause: unknown): NoAnswer {
  return new NoAnswer('no-answer', 'The connection ended in the middle of an answer', cause);
}

/**
 * The body behind its codings, of which the last was put on last; `isOpenEnded` when it ends with its connection. Throws a NoAnswer, of
 * a body that was cut or cannot be read; never holds more than the limit.
 */
async function decoded(bytes: Buffer, codings: string, isOpenEnded: boolean): Promise<Buffer> {
  let body = bytes;
  // NOTE: no regular expression that takes the spaces, because a run of them without a comma would cost its square.
  const names = codings
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter(Boolean);
  if (names.length > MOST_CODINGS)
    throw new NoAnswer('unreadable', `The answer is encoded ${names.length} times; encode it once or not at all`);
  for (const coding of names.reverse()) {
    const decode = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
    if (!decode)
      throw new NoAnswer(
        'unreadable',
        `The answer is encoded as ${JSON.stringify(coding.slice(0, 40))}, which was not asked for; switch that off`,
      );
    if (body.length === 0) return body;
    try {
      body = await decode(body, { maxOutputLength: MOST_RESPONSE_BYTES });
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLong();
      if (code === 'Z_BUF_ERROR' && isOpenEnded) throw cutShort(cause);
      throw new NoAnswer('unreadable', `The answer is not the ${coding} that it says it is`, cause);
    }
  }
  return body;
}

async function readStream(incoming: IncomingMessage, onText: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const part of incoming as AsyncIterable<Buffer>) onText(decoder.decode(part, { stream: true }));
}

/** Reads a whole answer, or hands a stream of events to `onText`, at most {@link MOST_RESPONSE_BYTES} at once. A header that came more than once is one, joined by commas. */
export async function readAnswer(incoming: IncomingMessage, onText?: (text: string) => void): Promise<TransportResponse> {
  const get = (name: string) => incoming.headersDistinct[name]?.join(', ');
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    if (onText && isEventStream(get('content-type'))) await readStream(incoming, onText);
    for await (const part of incoming as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > MOST_RESPONSE_BYTES) throw tooLong();
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof NoAnswer) throw error;
    throw cutShort(error);
  }
  const body = await decoded(Buffer.concat(parts), get('content-encoding') ?? '', !get('content-length') && !get('transfer-encoding'));
  return { status: incoming.statusCode ?? 0, headers: { get }, text: new TextDecoder().decode(body) };
}
