import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { SUGGESTED_WAITS } from '@openkupe/contract';
import { Refusal, unavailable } from '../errors/refusal.ts';
import type { Log } from '../log/log.ts';
import { rateLimitFields } from '../rate-limit/rate-limit-fields.ts';
import { addressGroup, formatAddressGroup } from './client-address/address-group.ts';
import type { TrustedProxySet } from './client-address/trusted-proxies.ts';
import { trackConnections } from './open-connections.ts';
import { answerOnSocket, type ParserErrorPorts, parserErrorReply, type SocketPorts } from './parser-error.ts';

/** How many connections may be open at the same time, and for how long one on which nothing moves. */
export interface ConnectionLimits {
  /** From one IPv4 address or IPv6 /64. Trusted proxies are not counted: they speak for many. */
  readonly perAddress: number;
  readonly together: number;
  readonly stalledMs: number;
  /** How long a connection may wait for its next request. */
  readonly idleMs: number;
}

export interface ConnectionPorts extends ParserErrorPorts, SocketPorts {
  readonly trustedProxies: TrustedProxySet;
  readonly log: Log;
}

/** What a whole IPv6 /48 may have of all. */
const NETWORK_SHARE = 1 / 4;
/** Connections that are answered at the same time why they are closed, together and of one address; others are only closed. */
const ANSWERED_AT_ONCE = 512;
const ANSWERED_AT_ONCE_PER_ADDRESS = 16;
const LINE_EVERY_MS = 60_000;

function tooManyFromAddress(quota: number): Refusal {
  const state = { name: 'connections', remaining: 0, resetSeconds: SUGGESTED_WAITS.connectionsMs / 1000 };
  return new Refusal(429, 'Too many connections from this address; close some, or use fewer and keep them open', {
    code: 'too-many-connections',
    headers: { ...rateLimitFields([{ name: 'connections', quota }], [state], SUGGESTED_WAITS.connectionsMs) },
  });
}
const tooMany = () =>
  unavailable(
    'The control plane has as many connections as it can hold; retry with backoff',
    SUGGESTED_WAITS.connectionsMs,
    'too-many-connections',
  );

/**
 * Bounds how many connections are open, together and per address, so that no client can use up the memory and the file descriptors of the
 * process by doing nothing. When as many are open as may be, the idlest connection of the address that holds most makes room, so that a few
 * addresses cannot keep the others out; only when a request is running on every one is the next refused. Stands in the place of the server's own listener; see `proxy-protocol.ts`.
 */
export function boundConnections(server: Server, limits: ConnectionLimits, ports: ConnectionPorts): void {
  const serve = server.listeners('connection') as ((socket: Socket) => void)[];
  const { trustedProxies, clock, log } = ports;
  const open = new Map<string, number>();
  const perNetwork = Math.max(limits.perAddress, Math.floor(limits.together * NETWORK_SHARE));
  let together = 0;
  const idle = trackConnections(server);
  const answered = new Map<string, number>();
  let answeredTogether = 0;
  let lineWrittenMs = Number.NEGATIVE_INFINITY;
  server.timeout = limits.stalledMs;

  /** What is counted of an address, with how many it may have of each. */
  const countsOf = (address: string): readonly (readonly [string, number])[] => {
    if (trustedProxies.includes(address)) return [];
    const group = addressGroup(address);
    const own = [formatAddressGroup(group), limits.perAddress] as const;
    return group.family === 6 ? [own, [formatAddressGroup(group, true), perNetwork]] : [own];
  };
  const add = (keys: readonly (readonly [string, number])[], change: 1 | -1) => {
    together += change;
    for (const [key] of keys) {
      const count = (open.get(key) ?? 0) + change;
      if (count > 0) open.set(key, count);
      else open.delete(key);
    }
  };
  const refuse = (socket: Socket, key: string, refusal: Refusal) => {
    if (clock.monotonic() - lineWrittenMs >= LINE_EVERY_MS) {
      lineWrittenMs = clock.monotonic();
      log.warn(
        { address: socket.remoteAddress, connections: together, status: refusal.status },
        'a connection is refused: too many are open',
      );
    }
    socket.on('error', () => {});
    const answeredOwn = answered.get(key) ?? 0;
    if (answeredTogether >= ANSWERED_AT_ONCE || answeredOwn >= ANSWERED_AT_ONCE_PER_ADDRESS) return void socket.destroy();
    answeredTogether += 1;
    answered.set(key, answeredOwn + 1);
    void answerOnSocket(socket, parserErrorReply(refusal, ports), ports).finally(() => {
      answeredTogether -= 1;
      const left = (answered.get(key) ?? 1) - 1;
      if (left > 0) answered.set(key, left);
      else answered.delete(key);
    });
  };

  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const keys = countsOf(socket.remoteAddress ?? '');
    const full = keys.find(([key, most]) => (open.get(key) ?? 0) >= most);
    const holder = keys.at(-1)?.[0];
    if (full) return refuse(socket, full[0], tooManyFromAddress(full[1]));
    if (together >= limits.together && !idle.closeIdlest()) return refuse(socket, holder ?? '', tooMany());
    add(keys, 1);
    // A trusted proxy speaks for many, so its connections do not make room.
    if (holder !== undefined) idle.add(socket, holder);
    socket.once('close', () => add(keys, -1));
    for (const listener of serve) listener.call(server, socket);
  });
}
