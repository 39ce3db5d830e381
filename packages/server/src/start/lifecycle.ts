/** Counts running requests, so that a shutdown lets them finish and refuses new ones. */
export interface Lifecycle {
  readonly isDraining: boolean;
  readonly running: number;
  /** Registers a request; call the returned function when its answer is decided. */
  begin(): () => void;
  /** Refuses new requests from now on. Resolves when none runs any more. */
  drain(): Promise<void>;
}

/** Makes a lifecycle that is not draining. */
export function createLifecycle(): Lifecycle {
  let running = 0;
  let isDraining = false;
  const idle: Array<() => void> = [];
  return {
    get isDraining() {
      return isDraining;
    },
    get running() {
      return running;
    },
    begin() {
      running += 1;
      return () => {
        running -= 1;
        if (isDraining && running === 0) for (const resolve of idle.splice(0)) resolve();
      };
    },
    drain() {
      isDraining = true;
      return running === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve));
    },
  };
}
