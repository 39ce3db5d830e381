import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '@openkupe/contract';
import { groupName } from './client-address/address-group.ts';
import type { TrustedProxySet } from './client-address/trusted-proxies.ts';
import type { IdleSince } from './idle-connections.ts';
import { breakBodyOff } from './incoming-request.ts';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** Requests of one address that begin in one turn of the event loop, and that may wait behind others on their connections. */
export const ROUND_ROBIN = { begun: 32, waiting: 1_000 } as const;

interface Pending {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** `current` is running or about to begin; `waiting` came behind it on the same connection. */
interface Connection {
  readonly socket: Socket;
  readonly client: Client;
  readonly waiting: Pending[];
  readonly goOn: () => void;
  current: Pending | undefined;
  /** Called once all of them are answered, in place of reading on. */
  atEnd: (() => void) | undefined;
  /** Since when nothing of it is running or waiting, in monotonic milliseconds. */
  idleSinceMs: number;
  /** Whether it is not read, and whether it stops being read once the present packet is parsed. */
  isPaused: boolean;
  isPausing: boolean;
}

/** An address. `ready` are its connections whose `current` has not begun. */
interface Client {
  readonly most: number;
  readonly ready: Connection[];
  connections: number;
  waiting: number;
}

/** Begins the requests of all connections. */
export interface RoundRobin {
  readonly handle: Handle;
  /**
   * Ends a connection on which nothing more can be read, because of `error` or of what `answer` says. Every request that came before is
   * answered first. The last of them, if its body is what broke off, is given the error instead of the rest; otherwise `answer` is called.
   */
  breakOff(socket: Socket, error: unknown, answer: () => void): void;
  readonly idleSinceMs: IdleSince;
}

const isGone = ({ socket }: Connection) => socket.destroyed || socket.writableEnded;

/** Each client's next few requests, one client after the other, once per turn of the event loop. */
function createRounds(begin: (connection: Connection) => void) {
  let clients: Client[] = [];

  const nextRound = () => {
    const present = clients;
    clients = [];
    for (const client of present) {
      for (const connection of client.ready.splice(0, client.most)) begin(connection);
      if (client.ready.length > 0) add(client);
    }
  };
  const add = (client: Client) => {
    if (clients.push(client) === 1) setImmediate(nextRound);
  };

  return (connection: Connection) => {
    if (connection.client.ready.push(connection) === 1) add(connection.client);
  };
}

/** NOTE: not at once, because the parser starts the reading again at the end of every request in the packet that it is at. */
function pauseAfterThisPacket(connection: Connection): void {
  connection.isPaused = true;
  if (connection.isPausing) return;
  connection.isPausing = true;
  process.nextTick(() => {
    connection.isPausing = false;
    if (connection.isPaused) connection.socket.pause();
  });
}

/** The connections by socket, and their clients by address. `goOn` is called when the answer of a connection's request is over. */
function createConnections(trustedProxies: TrustedProxySet, goOn: (connection: Connection) => void) {
  const connections = new WeakMap<Socket, Connection>();
  const clients = new Map<string, Client>();

  const clientOf = (key: string, isProxy: boolean): Client => {
    const known = isProxy ? undefined : clients.get(key);
    const client = known ?? { most: isProxy ? Number.POSITIVE_INFINITY : ROUND_ROBIN.begun, ready: [], connections: 0, waiting: 0 };
    if (!isProxy) clients.set(key, client);
    return client;
  };
  const join = (socket: Socket): Connection => {
    const address = socket.remoteAddress ?? '';
    const key = groupName(address);
    const client = clientOf(key, trustedProxies.includes(address));
    const connection: Connection = {
      socket,
      client,
      waiting: [],
      goOn: () => goOn(connection),
      current: undefined,
      atEnd: undefined,
      idleSinceMs: 0,
      isPaused: false,
      isPausing: false,
    };
    client.connections += 1;
    connections.set(socket, connection);
    socket.once('close', () => {
      client.waiting -= connection.waiting.length;
      connection.waiting.length = 0;
      client.connections -= 1;
      if (client.connections === 0 && clients.get(key) === client) clients.delete(key);
    });
    return connection;
  };
  return { find: (socket: Socket) => connections.get(socket), join };
}

/**
 * Answers the requests of a connection one after another, in the order in which they came, and takes a few requests of each address per
 * turn of the event loop, so that a client with a thousand requests or connections delays itself and no other. A connection on which
 * requests wait is not read; an address that has too many of them waiting loses the connection.
 *
 * What a turn begins is begun together: the overload cap sees all of it before any work is done, and running each stage for many requests
 * in a row is about twice as fast as running each request by itself (the code stays in the processor's caches).
 *
 * A trusted proxy speaks for many clients: there only the order within a connection is kept.
 */
export function createRoundRobin(
  handle: Handle,
  { trustedProxies, clock }: { readonly trustedProxies: TrustedProxySet; readonly clock: Pick<Clock, 'monotonic'> },
): RoundRobin {
  const addToRound = createRounds((connection) => {
    const { current } = connection;
    if (!current || isGone(connection)) return;
    current.response.on('close', connection.goOn);
    handle(current.request, current.response);
  });
  const enter = (connection: Connection, pending: Pending) => {
    connection.current = pending;
    addToRound(connection);
  };
  const wait = (connection: Connection, pending: Pending) => {
    if (connection.client.waiting >= ROUND_ROBIN.waiting) return void connection.socket.destroy();
    connection.client.waiting += 1;
    connection.waiting.push(pending);
    pauseAfterThisPacket(connection);
  };
  const { find, join } = createConnections(trustedProxies, (connection) => {
    connection.current = undefined;
    if (isGone(connection)) return;
    const next = connection.waiting.shift();
    if (next) {
      connection.client.waiting -= 1;
      return enter(connection, next);
    }
    if (connection.atEnd) return connection.atEnd();
    connection.idleSinceMs = clock.monotonic();
    if (connection.isPaused) connection.socket.resume();
    connection.isPaused = false;
  });

  return {
    handle(request, response) {
      const connection = find(request.socket) ?? join(request.socket);
      if (isGone(connection)) return;
      if (connection.current) wait(connection, { request, response });
      else enter(connection, { request, response });
    },
    idleSinceMs(socket) {
      const connection = find(socket);
      return connection?.current ? 'busy' : connection?.idleSinceMs;
    },
    breakOff(socket, error, answer) {
      const connection = find(socket);
      const last = connection?.waiting.at(-1) ?? connection?.current;
      if (!connection || !last) return answer();
      if (last.request.complete) {
        connection.atEnd = answer;
        return;
      }
      last.response.shouldKeepAlive = false;
      breakBodyOff(last.request, error);
    },
  };
}
