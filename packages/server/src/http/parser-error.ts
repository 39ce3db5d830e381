import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Clock, type ErrorStatus, LIMITS, type Random } from '@openkupe/contract';
import type { Log } from '../log.ts';
import type { Reply } from '../pipeline/exchange.ts';
import { newRequestId } from '../pipeline/receive.ts';
import { toErrorReply } from '../pipeline/to-error-reply.ts';
import { Refusal } from '../refusal.ts';
import type { AnswerCount } from './answer-count.ts';
import { linger } from './linger.ts';

export interface ParserErrorPorts {
  readonly random: Random;
  readonly log: Log;
}

export interface SocketPorts {
  readonly clock: Clock;
  /** Counts what is answered. */
  readonly answers?: AnswerCount;
}

function refusalOf(error: unknown): Error {
  if (error instanceof Refusal) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new Refusal(431, `The request line and headers are larger than ${LIMITS.headerBytes} bytes; send fewer or shorter headers`);
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Refusal(
      408,
      `The request did not arrive completely within ${LIMITS.requestTimeoutMs / 1000} seconds; send the whole request sooner`,
    );
  }
  if (code.startsWith('HPE_') || code === 'ERR_HTTP_INVALID_HEADER_VALUE')
    return new Refusal(400, 'The request is not valid HTTP/1.1; fix its request line, headers or body framing');
  return error instanceof Error ? error : new Error(String(error));
}

/** The envelope for an error that was raised before, or beside, the pipeline: by the HTTP parser or by the framework. */
export function parserErrorReply(error: unknown, ports: ParserErrorPorts): Reply {
  const exchange = { requestId: newRequestId(ports.random), progress: { headers: {}, executed: 'no' as const } };
  const reply = toErrorReply(refusalOf(error), exchange);
  return { ...reply, headers: { ...reply.headers, connection: 'close' } };
}

export function refusalReply(status: ErrorStatus, message: string, ports: ParserErrorPorts): Reply {
  return parserErrorReply(
    new Refusal(status, message, status === 405 ? { headers: { allow: 'GET, HEAD, POST, PATCH, DELETE' } } : {}),
    ports,
  );
}

/**
 * Writes a whole response on a raw socket, lets the sender finish within its grace, and closes it, so that nothing keeps the server from
 * stopping. What the parser finds wrong with the rest of an answered request is not answered again.
 */
export async function answerOnSocket(socket: Duplex, reply: Reply, { clock, answers }: SocketPorts): Promise<void> {
  if (socket.writableEnded && !socket.destroyed) return;
  if (!socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  answers?.note(reply.status);
  const body = Buffer.from(reply.body ?? '');
  const head = [
    `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}`,
    ...Object.entries({ ...reply.headers, 'content-length': String(body.length) }).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.on('error', () => socket.destroy());
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]));
  await linger(socket, clock);
  socket.destroy();
}
