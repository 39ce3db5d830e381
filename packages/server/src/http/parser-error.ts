import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Clock, LIMITS, ROUTES } from '@openkupe/contract';
import { Refusal } from '../errors/refusal.ts';
import type { Reply } from '../errors/reply.ts';
import { toErrorReply } from '../errors/to-error-reply.ts';
import { type AllowedOrigins, corsHeaders } from './cors.ts';
import type { RequestIds } from './incoming-request.ts';
import { drainBeforeClose } from './lingering-close.ts';
import type { AnswerCount } from './send-reply.ts';

/** What {@link parserErrorReply} needs. */
export interface ErrorReplyDependencies {
  readonly requestIds: RequestIds;
  readonly allowedOrigins?: AllowedOrigins;
}

/** What {@link answerOnSocket} needs. */
export interface SocketDependencies {
  readonly clock: Clock;
  /** Counts what is answered. */
  readonly answers?: AnswerCount;
}

const INVALID = 'The request is not valid HTTP/1.1; fix its request line, headers or body framing';
/** What the parser's codes for ambiguous framing are about, so that the message can name the header. */
const FRAMING: Readonly<Record<string, string>> = {
  HPE_UNEXPECTED_CONTENT_LENGTH: 'The request has more than one Content-Length header, or one beside Transfer-Encoding; send one of them',
  HPE_INVALID_CONTENT_LENGTH:
    'The Content-Length header is no decimal number, or stands beside Transfer-Encoding; send one Content-Length, or Transfer-Encoding: chunked',
  HPE_INVALID_TRANSFER_ENCODING:
    'The Transfer-Encoding header is not "chunked", or stands beside Content-Length; send "chunked" alone, or a Content-Length',
};

/** An error of the HTTP parser as the refusal it is; anything else as it came. */
export function refusalOf(error: unknown): Error {
  if (error instanceof Refusal) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new Refusal(431, `The request line and headers are larger than ${LIMITS.headerBytes} bytes; send fewer or shorter headers`);
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Refusal(
      408,
      `The request did not arrive completely within ${LIMITS.requestTimeoutMs / 1000} seconds, or its headers within ${LIMITS.headersTimeoutMs / 1000}; send the whole request sooner`,
    );
  }
  if (code.startsWith('HPE_') || code === 'ERR_HTTP_INVALID_HEADER_VALUE') return new Refusal(400, FRAMING[code] ?? INVALID);
  return error instanceof Error ? error : new Error(String(error));
}

/** The bytes of the present packet that the parser read before it gave up, as text; empty where it was given none. */
function parsedText(error: unknown): string {
  if (!(error instanceof Error && 'rawPacket' in error && Buffer.isBuffer(error.rawPacket))) return '';
  const parsed = 'bytesParsed' in error ? Number(error.bytesParsed) : error.rawPacket.length;
  return error.rawPacket.toString('latin1', 0, parsed);
}

/** Where the last request of a text begins. */
const lastRequest = (text: string) => text.slice(text.lastIndexOf('\r\n\r\n') + 1).trimStart();

/**
 * Whether the request that the parser gave up is a HEAD, whose answer has no body (RFC 9110 §9.3.2), and began in the packet that was being
 * parsed. For one that began before, see `node-server.ts`.
 */
export function beginsHead(error: unknown): boolean {
  return lastRequest(parsedText(error)).startsWith('HEAD ');
}

/**
 * The envelope for an error that was raised before, or beside, the pipeline: by the HTTP parser or the adapter. A page of an allowed
 * origin may read it where the packet that the parser gave up names the origin.
 */
export function parserErrorReply(error: unknown, { requestIds, allowedOrigins = new Set() }: ErrorReplyDependencies): Reply {
  const reply = toErrorReply(refusalOf(error), { requestId: requestIds.next(), headers: {}, executed: 'no' });
  const origin = /^origin:(.*)$/im.exec(lastRequest(parsedText(error)))?.[1]?.trim();
  return { ...reply, headers: { ...reply.headers, ...corsHeaders(origin, allowedOrigins), connection: 'close' } };
}

const METHODS = ['HEAD', ...new Set(ROUTES.map(({ method }) => method))].join(', ');

/** The 405 for CONNECT, which names no path of ours: every method that exists on one. */
export function connectReply(deps: ErrorReplyDependencies): Reply {
  return parserErrorReply(new Refusal(405, 'CONNECT is not possible here; this is not a proxy', { headers: { allow: METHODS } }), deps);
}

/**
 * Writes a whole response on a raw socket, lets the sender finish within its grace, and closes it, so that nothing keeps the server from
 * stopping. What the parser finds wrong with the rest of an answered request is not answered again. The body is left out for a HEAD.
 */
export async function answerOnSocket(socket: Duplex, reply: Reply, { clock, answers }: SocketDependencies, isHead = false): Promise<void> {
  if (socket.writableEnded && !socket.destroyed) return;
  if (!socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  answers?.note(reply.status);
  const body = Buffer.from(reply.body ?? '');
  const head = [
    `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}`,
    ...Object.entries({ date: new Date(clock.now()).toUTCString(), ...reply.headers, 'content-length': String(body.length) }).map(
      ([name, value]) => `${name}: ${value}`,
    ),
  ];
  socket.on('error', () => socket.destroy());
  const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n`);
  socket.end(isHead ? bytes : Buffer.concat([bytes, body]));
  await drainBeforeClose(socket, clock);
  socket.destroy();
}
