/**
 * A semaphore whose waiters are served in rotation by key, such as an address: one that asks for hundreds of permits waits for itself, and
 * another comes in after at most one of them. A permit that is given back is handed on in the next turn of the event loop, so that
 * everything else that arrived is looked at in between.
 */
export interface FairSemaphore {
  /** Resolves when it is the caller's turn, with the function that gives the permit back; calling that twice does nothing. */
  acquire(key: string): Promise<() => void>;
}

type Grant = (release: () => void) => void;

/** Makes a {@link FairSemaphore} of so many permits. */
export function createFairSemaphore(permits: number): FairSemaphore {
  /** Who waits, by key; the key that is served next is first. */
  const waiting = new Map<string, Grant[]>();
  let free = permits;

  const releaseOnce = () => {
    let isHeld = true;
    return () => {
      if (isHeld) setImmediate(handOn);
      isHeld = false;
    };
  };
  const handOn = () => {
    const [first] = waiting;
    if (!first) {
      free += 1;
      return;
    }
    const [key, grants] = first;
    const grant = grants.shift();
    waiting.delete(key);
    if (grants.length > 0) waiting.set(key, grants);
    grant?.(releaseOnce());
  };

  return {
    acquire(key) {
      if (free > 0) {
        free -= 1;
        return Promise.resolve(releaseOnce());
      }
      return new Promise((resolve) => {
        const grants = waiting.get(key);
        if (grants) grants.push(resolve);
        else waiting.set(key, [resolve]);
      });
    },
  };
}
