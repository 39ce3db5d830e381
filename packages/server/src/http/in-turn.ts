import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressGroup, formatAddressGroup } from './client-address/address-group.ts';
import type { TrustedProxySet } from './client-address/trusted-proxies.ts';
import { breakBodyOff } from './request-body.ts';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** What one address may begin in one turn of the event loop, and how many of its requests may wait behind others on their connection. */
export const TURN = { begun: 32, waiting: 1_000 } as const;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The requests of one connection: the first is running or about to, the others wait for it. */
interface Line {
  readonly socket: Socket;
  readonly sender: Sender;
  readonly waiting: Exchange[];
  /** The one that runs, or is about to. */
  current: Exchange | undefined;
  /** What is done when all of them are answered, in place of reading on. */
  atEnd: (() => void) | undefined;
  /** Whether it is not read, or will not be once the present piece is taken apart. */
  isPaused: boolean;
  isPausing: boolean;
}

/** An address. `next` are its requests that are at the head of their lines and have to wait for the next turn. */
interface Sender {
  readonly most: number;
  readonly next: (() => void)[];
  lines: number;
  begun: number;
  waiting: number;
}

/** The requests of all connections, in turn. */
export interface Turns {
  readonly handle: Handle;
  /**
   * Ends a connection on which nothing more can be read, because of `error` or of what `answer` says. Every request that came before is
   * answered first. The last of them, if its body is what broke off, is given the error instead of the rest; otherwise `answer` is called.
   */
  breakOff(socket: Socket, error: unknown, answer: () => void): void;
}

const isGone = ({ socket }: Line) => socket.destroyed || socket.writableEnded;

/**
 * Answers the requests of a connection one after another, in the order in which they came, and those of an address a few in a turn of the
 * event loop. Whoever sends a thousand requests in one packet, or opens a thousand connections, so waits for itself: everybody else comes
 * in between. A connection on which requests wait is not read; an address that has too many of them waiting loses the connection.
 *
 * A trusted proxy speaks for many: there only the order within a connection is kept.
 */
export function inTurn(handle: Handle, trustedProxies: TrustedProxySet): Turns {
  const lines = new WeakMap<Socket, Line>();
  const senders = new Map<string, Sender>();

  const nextTurn = (sender: Sender) => {
    sender.begun = 0;
    while (sender.next.length > 0 && sender.begun < sender.most) sender.next.shift()?.();
  };
  const begin = (line: Line, { request, response }: Exchange) => {
    if (isGone(line)) return;
    if (line.sender.begun === 0) setImmediate(nextTurn, line.sender);
    line.sender.begun += 1;
    response.once('close', () => goOn(line));
    handle(request, response);
  };
  const enter = (line: Line, exchange: Exchange) => {
    line.current = exchange;
    const { sender } = line;
    if (sender.begun < sender.most && sender.next.length === 0) begin(line, exchange);
    else sender.next.push(() => begin(line, exchange));
  };
  const goOn = (line: Line) => {
    line.current = undefined;
    if (isGone(line)) return;
    const exchange = line.waiting.shift();
    if (exchange) {
      line.sender.waiting -= 1;
      return enter(line, exchange);
    }
    if (line.atEnd) return line.atEnd();
    if (line.isPaused) line.socket.resume();
    line.isPaused = false;
  };
  /** NOTE: not at once, because the parser starts the reading again at the end of every request in the piece that it is at. */
  const pauseAfterThisPiece = (line: Line) => {
    line.isPaused = true;
    if (line.isPausing) return;
    line.isPausing = true;
    process.nextTick(() => {
      line.isPausing = false;
      if (line.isPaused) line.socket.pause();
    });
  };
  const wait = (line: Line, exchange: Exchange) => {
    if (line.sender.waiting >= TURN.waiting) return void line.socket.destroy();
    line.sender.waiting += 1;
    line.waiting.push(exchange);
    pauseAfterThisPiece(line);
  };
  const leave = ({ sender, waiting }: Line, key: string) => {
    sender.waiting -= waiting.length;
    waiting.length = 0;
    sender.lines -= 1;
    if (sender.lines === 0) senders.delete(key);
  };
  const join = (socket: Socket): Line => {
    const address = socket.remoteAddress ?? '';
    const isProxy = trustedProxies.includes(address);
    const key = formatAddressGroup(addressGroup(address));
    const fresh = { most: isProxy ? Number.POSITIVE_INFINITY : TURN.begun, next: [], lines: 0, begun: 0, waiting: 0 };
    const sender = isProxy ? fresh : (senders.get(key) ?? fresh);
    if (!isProxy) senders.set(key, sender);
    sender.lines += 1;
    const line: Line = { socket, sender, waiting: [], current: undefined, atEnd: undefined, isPaused: false, isPausing: false };
    socket.once('close', () => leave(line, key));
    lines.set(socket, line);
    return line;
  };

  return {
    handle(request, response) {
      const line = lines.get(request.socket) ?? join(request.socket);
      if (isGone(line)) return;
      if (line.current) wait(line, { request, response });
      else enter(line, { request, response });
    },
    breakOff(socket, error, answer) {
      const line = lines.get(socket);
      const last = line?.waiting.at(-1) ?? line?.current;
      if (!line || !last) return answer();
      if (last.request.complete) {
        line.atEnd = answer;
        return;
      }
      last.response.shouldKeepAlive = false;
      breakBodyOff(last.request, error);
    },
  };
}
