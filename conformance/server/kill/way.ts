import { connect, createServer, type Socket } from 'node:net';

/** A way to a server of this machine that can be interrupted. */
export interface Way {
  readonly port: number;
  /** Neither side hears anything of the other from here on, as where a network loses every packet. */
  silence(): void;
  /** What was held back arrives, and what is sent from here on. */
  restore(): void;
  /** Ends every connection; new ones are possible again. */
  cut(): void;
  close(): void;
}

/** Opens a way to a port. */
export async function wayTo(port: number): Promise<Way> {
  const sockets = new Set<Socket>();
  let isSilent = false;
  function add(socket: Socket): Socket {
    sockets.add(socket.on('error', () => {}));
    socket.on('close', () => sockets.delete(socket));
    if (isSilent) socket.pause();
    return socket;
  }
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const server = add(connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
    add(client);
    client.pipe(server);
    server.pipe(client);
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
    if (isSilent) for (const socket of [client, server]) socket.pause();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    silence() {
      isSilent = true;
      for (const socket of sockets) socket.pause();
    },
    restore() {
      isSilent = false;
      for (const socket of sockets) socket.resume();
    },
    cut() {
      isSilent = false;
      for (const socket of sockets) socket.destroy();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
    },
  };
}
