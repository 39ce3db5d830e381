import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { SUGGESTED_WAITS } from '@openkupe/contract';
import { Refusal, unavailable } from '../errors/refusal.ts';
import type { Log } from '../log/log.ts';
import { rateLimitFields } from '../rate-limit/rate-limit-fields.ts';
import { addressGroup, formatAddressGroup } from './client-address/address-group.ts';
import { KeyedCounts } from './client-address/keyed-counts.ts';
import type { TrustedProxySet } from './client-address/trusted-proxies.ts';
import { createIdleConnections, type IdleSince } from './idle-connections.ts';
import { answerOnSocket, type ErrorReplyDependencies, parserErrorReply, type SocketDependencies } from './parser-error.ts';

/** How many connections may be open at the same time, and for how long one on which nothing moves. */
export interface ConnectionLimits {
  /** From one IPv4 address or IPv6 /64. Trusted proxies are not counted: they speak for many. */
  readonly perAddress: number;
  readonly together: number;
  readonly stalledMs: number;
  /** How long a connection may wait for its next request. */
  readonly idleMs: number;
}

/** What {@link limitConnections} needs besides {@link IdleSince}. */
export interface ConnectionDependencies extends ErrorReplyDependencies, SocketDependencies {
  readonly trustedProxies: TrustedProxySet;
  readonly log: Log;
}

/** What a whole IPv6 /48 may have of all. */
const NETWORK_SHARE = 1 / 4;
/** Refused connections that are answered at the same time, together and of one address; others are only closed. */
const ANSWERED = { together: 512, perAddress: 16 } as const;
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

/** Answers a refused connection and closes it, as long as not too many are being answered. Writes a log line at most once a minute. */
function createRefusing(deps: ConnectionDependencies & { readonly isEncrypted?: boolean }) {
  const answered = new KeyedCounts();
  let lineWrittenMs = Number.NEGATIVE_INFINITY;

  return (socket: Socket, group: string, refusal: Refusal, connections: number): void => {
    const nowMs = deps.clock.monotonic();
    if (nowMs - lineWrittenMs >= LINE_EVERY_MS) {
      lineWrittenMs = nowMs;
      const fields = { address: socket.remoteAddress, connections, status: refusal.status };
      deps.log.warn(fields, 'a connection is refused: too many are open');
    }
    socket.on('error', () => {});
    // NOTE: an answer would need a handshake first, which costs more than the connection that is refused.
    if (deps.isEncrypted) return void socket.destroy();
    if (answered.total >= ANSWERED.together || answered.of(group) >= ANSWERED.perAddress) return void socket.destroy();
    answered.add(group, 1);
    void answerOnSocket(socket, parserErrorReply(refusal, deps), deps).finally(() => answered.add(group, -1));
  };
}

/**
 * Bounds how many connections are open, together and per address, so that no client can use up the memory and the file descriptors of the
 * process by doing nothing. When as many are open as may be, the idlest connection of the address that holds most is closed for the new one;
 * only when a request is running on every one is the new one refused. Stands in the place of the server's own listener; see
 * `proxy-protocol.ts`.
 */
export function limitConnections(
  server: Server,
  limits: ConnectionLimits,
  deps: ConnectionDependencies & { readonly idleSinceMs: IdleSince; readonly isEncrypted?: boolean },
): void {
  const serve = server.listeners('connection') as ((socket: Socket) => void)[];
  const perNetwork = Math.max(limits.perAddress, Math.floor(limits.together * NETWORK_SHARE));
  const open = new KeyedCounts();
  const idle = createIdleConnections(deps.idleSinceMs);
  const refuse = createRefusing(deps);
  let together = 0;
  server.timeout = limits.stalledMs;

  /** The groups in which a connection is counted, with how many connections each may have; none for a trusted proxy. */
  const groupsOf = (address: string): readonly (readonly [string, number])[] => {
    if (deps.trustedProxies.includes(address)) return [];
    const group = addressGroup(address);
    const own = [formatAddressGroup(group), limits.perAddress] as const;
    return group.family === 6 ? [own, [formatAddressGroup(group, true), perNetwork]] : [own];
  };

  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const groups = groupsOf(socket.remoteAddress ?? '');
    const full = groups.find(([group, most]) => open.of(group) >= most);
    const holder = groups.at(-1)?.[0];
    if (full) return refuse(socket, full[0], tooManyFromAddress(full[1]), together);
    if (together >= limits.together && !idle.closeIdlest()) return refuse(socket, holder ?? '', tooMany(), together);
    const count = (change: 1 | -1) => {
      together += change;
      for (const [group] of groups) open.add(group, change);
    };
    count(1);
    socket.once('close', () => count(-1));
    if (holder !== undefined) idle.add(socket, holder, deps.clock.monotonic());
    for (const listener of serve) listener.call(server, socket);
  });
}
