import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@openkupe/contract';
import type { Reply } from '../errors/reply.ts';
import type { ForwardingCount } from './client-address/client-address-reader.ts';
import { type AllowedOrigins, corsHeaders } from './cors.ts';
import { drainBeforeClose } from './lingering-close.ts';
import { PIECE_BYTES, sendInPieces, type UnreadAnswers } from './send-in-pieces.ts';
import { sendStream } from './send-stream.ts';

/** Counts answers by the class of their status, those of the pipeline and all others; and requests by what they said about the client. */
export interface AnswerCount {
  readonly byClass: Readonly<Record<string, number>>;
  readonly forwarding: ForwardingCount;
  note(status: number): void;
}

/** Makes an {@link AnswerCount} of nothing yet. */
export function createAnswerCount(): AnswerCount {
  const byClass = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };
  return {
    byClass,
    forwarding: { trusted: 0, missing: 0, untrusted: 0 },
    note(status) {
      if (status < 300) byClass['2xx'] += 1;
      else if (status < 400) byClass['3xx'] += 1;
      else if (status < 500) byClass['4xx'] += 1;
      else byClass['5xx'] += 1;
    },
  };
}

/** What {@link sendReply} needs. */
export interface SendDependencies {
  readonly clock: Clock;
  readonly answers: AnswerCount;
  readonly unread: UnreadAnswers;
  readonly allowedOrigins: AllowedOrigins;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Answers without a body have no Content-Length (RFC 9110 §8.6). */
const isBodyless = (status: number) => status === 204 || status === 304;

/** Sends the answer to a request, of a long one as much as the client takes. Resolves once all of it is handed to the socket. */
export function sendReply(request: IncomingMessage, response: ServerResponse, reply: Reply, deps: SendDependencies): Promise<void> | void {
  const { status, bytes, body } = reply;
  const { allowedOrigins } = deps;
  const cors = allowedOrigins.size === 0 ? undefined : corsHeaders(request.headers.origin, allowedOrigins);
  const headers: Record<string, string | number> = { ...reply.headers, ...cors };
  deps.answers.note(status);
  if (reply.stream) return sendStream(response, reply.stream, { status, headers, isHead: request.method === 'HEAD' }, deps);
  const isLong = (bytes ?? body ?? '').length > PIECE_BYTES;
  const payload = isLong && body !== undefined ? Buffer.from(body) : (bytes ?? body);
  if (!isBodyless(status)) headers['content-length'] = payload === undefined ? 0 : Buffer.byteLength(payload);
  if (!request.readableEnded && hasBody(request)) return sendEarly(request, response, { status, headers, payload }, deps.clock);
  response.writeHead(status, headers);
  if (isLong && payload instanceof Uint8Array && request.method !== 'HEAD') return sendInPieces(response, payload, deps);
  response.end(payload);
}

/** Answers a request whose body is not read to its end. The connection is closed after it, so that the rest need not be read. */
async function sendEarly(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, payload }: { status: number; headers: Record<string, string | number>; payload: string | Uint8Array | undefined },
  clock: Clock,
): Promise<void> {
  response.writeHead(status, { ...headers, connection: 'close' });
  if (payload === undefined) response.flushHeaders();
  else response.write(payload);
  await drainBeforeClose(request, clock);
  response.end();
}
