import type { Socket } from 'node:net';

/** The open connections by holder: an address, or an IPv6 /48. */
export interface IdleConnections {
  /** Remembers a connection of `holder`, opened at `nowMs`, until it is closed. */
  add(socket: Socket, holder: string, nowMs: number): void;
  /**
   * Closes the connection that has been idle for longest of the holder that has the most, and says whether there was one. A connection on
   * which a request is running, or its body is arriving, is never closed; one that has sent no complete header is idle.
   */
  closeIdlest(): boolean;
}

/**
 * Since when no request has been running on a connection, in monotonic milliseconds; `busy` while one is; `undefined` where none has come
 * yet.
 */
export type IdleSince = (socket: Socket) => number | 'busy' | undefined;

/** Makes {@link IdleConnections}. */
export function createIdleConnections(idleSinceMs: IdleSince): IdleConnections {
  /** With when each was opened. */
  const holders = new Map<string, Map<Socket, number>>();

  const idlestOf = (holder: ReadonlyMap<Socket, number>) => {
    let found: { readonly socket: Socket; readonly sinceMs: number } | undefined;
    for (const [socket, openedMs] of holder) {
      const sinceMs = idleSinceMs(socket) ?? openedMs;
      if (sinceMs !== 'busy' && (!found || sinceMs < found.sinceMs)) found = { socket, sinceMs };
    }
    return found?.socket;
  };

  return {
    add(socket, name, nowMs) {
      const holder = holders.get(name) ?? new Map<Socket, number>();
      holders.set(name, holder.set(socket, nowMs));
      socket.once('close', () => {
        holder.delete(socket);
        if (holder.size === 0) holders.delete(name);
      });
    },
    closeIdlest() {
      const largestFirst = [...holders.values()].sort((left, right) => right.size - left.size);
      for (const holder of largestFirst) {
        const socket = idlestOf(holder);
        if (!socket) continue;
        socket.destroy();
        return true;
      }
      return false;
    },
  };
}
