import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

const HEAD = 'HEAD ';

/** What a connection has sent of a request whose head is not complete: its first bytes, or nothing between two requests. */
interface Connection {
  start: string;
  last: IncomingMessage | undefined;
}

/** Tells of connections on which the head of a request broke off what its method was. */
export interface UnfinishedHeads {
  /** Notes that the head of a request is complete. */
  complete(request: IncomingMessage): void;
  /** Whether what was sent of the next request on the connection begins with `HEAD `. */
  isHead(socket: Socket): boolean;
}

/**
 * Keeps the first five bytes of every request whose head is on its way. Node's parser hands out no more than the packet that it refused,
 * and nothing when the head did not come in time, but the answer to a HEAD has no body (RFC 9110 §9.3.2), however it arrived.
 */
export function watchUnfinishedHeads(server: Server): UnfinishedHeads {
  const connections = new WeakMap<Socket, Connection>();
  server.on('connection', (socket: Socket) => {
    const connection: Connection = { start: '', last: undefined };
    connections.set(socket, connection);
    // NOTE: before the parser's own listener, which completes the head or refuses it.
    socket.prependListener('data', (packet: Buffer) => {
      if (connection.last && !connection.last.complete) return;
      if (connection.start.length === HEAD.length) return;
      connection.start = (connection.start + packet.toString('latin1', 0, 2 * HEAD.length)).trimStart().slice(0, HEAD.length);
    });
  });
  return {
    complete(request) {
      const connection = connections.get(request.socket);
      if (connection) Object.assign(connection, { start: '', last: request });
    },
    isHead: (socket) => connections.get(socket)?.start === HEAD,
  };
}
