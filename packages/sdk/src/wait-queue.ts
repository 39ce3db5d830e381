/** An entry of a wait queue: `Facts` are what its owner chooses by. The owner takes it out of the queue, and then calls `grant` once. */
export type Waiter<T, Facts> = Facts & { grant(value: T): void };

/**
 * Waits at the end of `queue` until its owner grants a value. Throws the signal's reason when it aborts: the entry is then out of the
 * queue, and `onLeave` is called so that the owner can reschedule.
 */
export function joinQueue<T, Facts extends object>(
  queue: Waiter<T, Facts>[],
  facts: Facts,
  signal: AbortSignal,
  onLeave: () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      queue.splice(queue.indexOf(waiter), 1);
      reject(signal.reason);
      onLeave();
    };
    const waiter: Waiter<T, Facts> = {
      ...facts,
      grant(value) {
        signal.removeEventListener('abort', leave);
        resolve(value);
      },
    };
    queue.push(waiter);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
}
