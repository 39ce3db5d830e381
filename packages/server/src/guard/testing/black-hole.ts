import { connect, createServer, type Socket } from 'node:net';

export type Direction = 'toStore' | 'toNode';

/**
 * A wire between a node and its store that can swallow what passes, in one direction or both, while every connection stays open: what a
 * network does that loses packets. What was swallowed arrives when the wire is whole again, as the kernel's repetitions would make it.
 */
export interface Wire {
  readonly port: number;
  /** Connections of the node that are open now, and the most that were open at the same time since it was cut. */
  readonly open: number;
  readonly mostOpen: number;
  /** Bytes of the node that wait in the wire, and the most that waited. */
  readonly mostHeldBytes: number;
  cut(directions: readonly Direction[]): void;
  heal(): void;
  close(): void;
}

interface Passage {
  readonly from: Socket;
  readonly to: Socket;
  readonly held: Buffer[];
  hasEnded: boolean;
}

export async function startWire(storePort: number): Promise<Wire> {
  const swallowed = new Set<Direction>();
  const passages = new Map<Direction, Set<Passage>>([
    ['toStore', new Set()],
    ['toNode', new Set()],
  ]);
  const nodes = new Set<Socket>();
  let mostOpen = 0;
  let heldBytes = 0;
  let mostHeldBytes = 0;

  const deliver = (passage: Passage) => {
    for (const chunk of passage.held.splice(0)) passage.to.write(chunk);
    if (passage.hasEnded) passage.to.end();
  };
  const pass = (direction: Direction, from: Socket, to: Socket) => {
    const passage: Passage = { from, to, held: [], hasEnded: false };
    passages.get(direction)?.add(passage);
    from.on('data', (chunk: Buffer) => {
      passage.held.push(chunk);
      if (!swallowed.has(direction)) return deliver(passage);
      if (direction === 'toStore') heldBytes += chunk.length;
      mostHeldBytes = Math.max(mostHeldBytes, heldBytes);
    });
    from
      .on('error', () => {})
      .on('close', () => {
        passage.hasEnded = true;
        if (!swallowed.has(direction)) deliver(passage);
      });
  };
  const server = createServer((node) => {
    nodes.add(node);
    mostOpen = Math.max(mostOpen, nodes.size);
    node.once('close', () => nodes.delete(node));
    const store = connect(storePort, '127.0.0.1');
    pass('toStore', node, store);
    pass('toNode', store, node);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();

  return {
    port: typeof address === 'object' && address ? address.port : 0,
    get open() {
      return nodes.size;
    },
    get mostOpen() {
      return mostOpen;
    },
    get mostHeldBytes() {
      return mostHeldBytes;
    },
    cut(directions) {
      mostOpen = nodes.size;
      for (const direction of directions) swallowed.add(direction);
    },
    heal() {
      swallowed.clear();
      heldBytes = 0;
      for (const ofDirection of passages.values()) for (const passage of ofDirection) deliver(passage);
    },
    close() {
      server.close();
      for (const { from, to } of [...passages.values()].flatMap((ofDirection) => [...ofDirection])) {
        from.destroy();
        to.destroy();
      }
    },
  };
}
