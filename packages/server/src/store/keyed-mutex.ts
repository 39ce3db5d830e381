/** A mutex per key: work of one key runs one after the other, in order of arrival; different keys run concurrently. */
export interface KeyedMutex {
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** How much work of the key runs or waits. */
  count(key: string): number;
  /** Resolves when all work accepted so far has settled. */
  idle(): Promise<void>;
}

interface Queue {
  readonly tail: Promise<unknown>;
  readonly count: number;
}

/** Makes a {@link KeyedMutex}. Memory is one promise per key with running or waiting work. */
export function createKeyedMutex(): KeyedMutex {
  const queues = new Map<string, Queue>();
  const count = (key: string) => queues.get(key)?.count ?? 0;
  return {
    run(key, work) {
      const result = (queues.get(key)?.tail ?? Promise.resolve()).then(work);
      const tail: Promise<unknown> = result
        .catch(() => {})
        .finally(() => {
          const queue = queues.get(key);
          if (!queue || queue.count === 1) queues.delete(key);
          else queues.set(key, { ...queue, count: queue.count - 1 });
        });
      queues.set(key, { tail, count: count(key) + 1 });
      return result;
    },
    count,
    async idle() {
      await Promise.all([...queues.values()].map(({ tail }) => tail));
    },
  };
}
