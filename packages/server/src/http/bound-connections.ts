import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { SUGGESTED_WAITS } from '@openkupe/contract';
import { addressGroup, formatAddressGroup } from '../guard/address-group.ts';
import { rateLimitFields } from '../guard/rate-limit-fields.ts';
import type { TrustedProxySet } from '../guard/trusted-proxies.ts';
import type { Log } from '../log.ts';
import { Refusal, unavailable } from '../refusal.ts';
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
/** Connections that are told at the same time why they are closed; others are only closed. */
const TOLD_AT_ONCE = 64;
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
 * Bounds how many connections are open, together and per address, so that nobody can use up the memory and the file descriptors of the
 * process by doing nothing. Stands in the place of the server's own listener; see `proxy-protocol.ts`.
 */
export function boundConnections(server: Server, limits: ConnectionLimits, ports: ConnectionPorts): void {
  const serve = server.listeners('connection') as ((socket: Socket) => void)[];
  const { trustedProxies, clock, log } = ports;
  const open = new Map<string, number>();
  const perNetwork = Math.max(limits.perAddress, Math.floor(limits.together * NETWORK_SHARE));
  let together = 0;
  let told = 0;
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
  const refuse = (socket: Socket, refusal: Refusal) => {
    if (clock.monotonic() - lineWrittenMs >= LINE_EVERY_MS) {
      lineWrittenMs = clock.monotonic();
      log.warn(
        { address: socket.remoteAddress, connections: together, status: refusal.status },
        'a connection is refused: too many are open',
      );
    }
    socket.on('error', () => {});
    if (told >= TOLD_AT_ONCE) return void socket.destroy();
    told += 1;
    void answerOnSocket(socket, parserErrorReply(refusal, ports), ports).finally(() => {
      told -= 1;
    });
  };

  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const keys = countsOf(socket.remoteAddress ?? '');
    const full = keys.find(([key, most]) => (open.get(key) ?? 0) >= most);
    if (full) return refuse(socket, tooManyFromAddress(full[1]));
    if (together >= limits.together) return refuse(socket, tooMany());
    add(keys, 1);
    socket.once('close', () => add(keys, -1));
    for (const listener of serve) listener.call(server, socket);
  });
}
