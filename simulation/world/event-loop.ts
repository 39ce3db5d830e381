/** The event loop in the hand of a simulation: nothing that the program left for a later turn runs before it is asked to. */
export interface EventLoop {
  /** Runs promise reactions, `process.nextTick` and `setImmediate` callbacks, in their order, until none is left. */
  settle(): Promise<void>;
  /** Waits for real input and output, such as the files of a process that starts, while the simulated world stands still. */
  waitFor<T>(work: Promise<T>): Promise<T>;
  /** Gives `setImmediate` back to the runtime. */
  release(): void;
}

const real = globalThis.setImmediate;
const nextTurn = () => new Promise<void>((resolve) => void real(resolve));

/**
 * Replaces `setImmediate` by a queue that {@link EventLoop.settle} empties. The runtime's own runs once per round, after every promise reaction
 * and `process.nextTick` callback that is due, so that the queue is read only when the program waits for the queue alone.
 */
export function takeEventLoop(): EventLoop {
  const queue: (() => void)[] = [];
  const later = (run: (...given: unknown[]) => void, ...given: unknown[]) => void queue.push(() => run(...given));
  Object.assign(globalThis, { setImmediate: later });

  function runQueue(): boolean {
    const due = queue.splice(0);
    for (const run of due) run();
    return due.length > 0;
  }
  async function settle(): Promise<void> {
    do await nextTurn();
    while (runQueue());
  }
  return {
    settle,
    async waitFor(work) {
      let isSettled = false;
      const settled = () => {
        isSettled = true;
      };
      work.then(settled, settled);
      while (!isSettled) await settle();
      return work;
    },
    release: () => void Object.assign(globalThis, { setImmediate: real }),
  };
}
