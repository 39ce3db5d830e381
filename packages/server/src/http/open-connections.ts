import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The connections of one address, or of one IPv6 /48, longest without a request first. */
type Holder = Map<Socket, { requests: number }>;

/** The connections that may be closed to make room for others, by who holds them. */
export interface OpenConnections {
  /** Remembers a connection of `holder` until it is closed. */
  add(socket: Socket, holder: string): void;
  /**
   * Closes the connection that has been idle for longest of the holder that has the most, and says whether there was one. A connection on
   * which a request is running, or its body is arriving, is never closed; one that has sent no complete header is idle.
   */
  closeIdlest(): boolean;
}

/** Tracks which connections of `server` are idle. */
export function trackConnections(server: Server): OpenConnections {
  const holders = new Map<string, Holder>();
  const holderOf = new WeakMap<Socket, Holder>();

  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const holder = holderOf.get(socket);
    const state = holder?.get(socket);
    if (!holder || !state) return;
    state.requests += 1;
    response.once('close', () => {
      state.requests -= 1;
      // The last in the order is the one that was used last.
      if (holder.delete(socket)) holder.set(socket, state);
    });
  });
  const idlestOf = (holder: Holder) => {
    for (const [socket, { requests }] of holder) if (requests === 0) return socket;
    return undefined;
  };

  return {
    add(socket, name) {
      const holder = holders.get(name) ?? new Map();
      holders.set(name, holder);
      holder.set(socket, { requests: 0 });
      holderOf.set(socket, holder);
      socket.once('close', () => {
        holder.delete(socket);
        if (holder.size === 0) holders.delete(name);
      });
    },
    closeIdlest() {
      let found: { size: number; socket: Socket } | undefined;
      for (const holder of holders.values()) {
        if (found && holder.size <= found.size) continue;
        const socket = idlestOf(holder);
        if (socket) found = { size: holder.size, socket };
      }
      found?.socket.destroy();
      return found !== undefined;
    },
  };
}
