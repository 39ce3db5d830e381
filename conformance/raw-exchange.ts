import type { IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** An answer as it came off the wire. */
export interface RawAnswer {
  readonly status: number;
  /** The header lines, CR removed. */
  readonly lines: readonly string[];
  /** Lower-case names; of a repeated header the last. */
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Whether the server closed the connection after it. */
  readonly isClosed: boolean;
}

export interface RawExchange {
  readonly host: string;
  readonly from?: string;
  /** Written in order; a number is a pause in milliseconds. */
  readonly send: readonly (string | Uint8Array | number)[];
  /** How long the answer may take. */
  readonly withinMs?: number;
}

const WITHIN_MS = 10_000;
/** A server that says `Connection: close` gets this long to do it. */
const CLOSING_MS = 1_000;

function parse(received: Buffer): Omit<RawAnswer, 'isClosed'> | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [statusLine = '', ...lines] = received.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})( |$)/.exec(statusLine)?.[1]);
  if (!status) throw new Error(`Not an HTTP/1.1 status line: ${statusLine}`);
  const rest = received.subarray(end + 4);
  if (status < 200) return parse(rest);
  const headers: IncomingHttpHeaders = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const length = Number(headers['content-length'] ?? 0);
  if (rest.length < length) return undefined;
  return { status, lines, headers, text: rest.subarray(0, length).toString('utf8') };
}

async function write(socket: Socket, parts: RawExchange['send']): Promise<void> {
  for (const part of parts) {
    if (typeof part === 'number') await sleep(part);
    else if (!socket.destroyed) socket.write(part);
  }
}

/**
 * Writes bytes on a socket and reads one answer, passing over interim ones. Rejects when the connection ends without a whole answer,
 * or none comes in time. Errors while writing are left to the reading side: a refusal may come before everything was sent.
 */
export async function rawExchange({ host, from, send, withinMs = WITHIN_MS }: RawExchange): Promise<RawAnswer> {
  const { hostname, port } = new URL(host);
  const socket = connect({ host: hostname, port: Number(port), ...(from ? { localAddress: from } : {}) });
  let received = Buffer.alloc(0);
  let isClosed = false;
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
  });
  try {
    void write(socket, send);
    for (const started = Date.now(); Date.now() - started < withinMs; await sleep(5)) {
      const isLast = isClosed;
      const answer = parse(received);
      if (answer) return { ...answer, isClosed: await closes(socket, answer) };
      if (isLast) throw new Error(`The connection was closed without a whole answer: ${JSON.stringify(received.toString('latin1'))}`);
    }
    throw new Error(`No whole answer within ${withinMs} ms: ${JSON.stringify(received.toString('latin1'))}`);
  } finally {
    socket.destroy();
  }
}

async function closes(socket: Socket, { headers }: Pick<RawAnswer, 'headers'>): Promise<boolean> {
  if (headers.connection !== 'close') return socket.closed;
  for (const started = Date.now(); !socket.closed && Date.now() - started < CLOSING_MS; ) await sleep(5);
  return socket.closed;
}
