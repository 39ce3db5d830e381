/** Counts the requests that run, so that a shutdown can let them finish and refuse the rest with 503. */
export interface Lifecycle {
  readonly isDraining: boolean;
  readonly running: number;
  /** Counts a request until it is disposed of, once its answer is decided. */
  begin(): Disposable;
  /** Refuses new requests from now on. Resolves when none runs any more. */
  drain(): Promise<void>;
}

/** The life of one server: it serves, then it drains. */
export function createLifecycle(): Lifecycle {
  let running = 0;
  let isDraining = false;
  const idle: Array<() => void> = [];
  const end = () => {
    running -= 1;
    if (isDraining && running === 0) for (const resolve of idle.splice(0)) resolve();
  };
  return {
    get isDraining() {
      return isDraining;
    },
    get running() {
      return running;
    },
    begin() {
      running += 1;
      return { [Symbol.dispose]: end };
    },
    drain() {
      isDraining = true;
      return running === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve));
    },
  };
}
