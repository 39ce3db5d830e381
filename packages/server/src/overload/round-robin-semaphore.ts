/**
 * A semaphore whose waiters are served round robin by client: one that asks for hundreds of permits delays itself, and another comes in
 * after at most one of them. A permit that is given back is handed on in the next turn of the event loop, so that whatever else has arrived
 * is served in between.
 */
export interface RoundRobinSemaphore {
  /** Resolves with a permit, which is given back by disposing of it; a second time does nothing. */
  acquire(client: string): Promise<Disposable>;
}

type Grant = (permit: Disposable) => void;

/** Makes a {@link RoundRobinSemaphore} of so many permits. */
export function createRoundRobinSemaphore(permits: number): RoundRobinSemaphore {
  /** The waiters by client; the client that is served next is first. */
  const waiting = new Map<string, Grant[]>();
  let free = permits;

  const makePermit = (): Disposable => {
    let isHeld = true;
    return {
      [Symbol.dispose]() {
        if (isHeld) setImmediate(handOn);
        isHeld = false;
      },
    };
  };
  const handOn = () => {
    const [first] = waiting;
    if (!first) {
      free += 1;
      return;
    }
    const [client, grants] = first;
    const grant = grants.shift();
    waiting.delete(client);
    if (grants.length > 0) waiting.set(client, grants);
    grant?.(makePermit());
  };

  return {
    acquire(client) {
      if (free > 0) {
        free -= 1;
        return Promise.resolve(makePermit());
      }
      return new Promise((resolve) => {
        const grants = waiting.get(client);
        if (grants) grants.push(resolve);
        else waiting.set(client, [resolve]);
      });
    },
  };
}
