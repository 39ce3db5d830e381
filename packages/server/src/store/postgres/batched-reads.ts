/** Reads one row by its key, in one statement with what is asked for in the same turn. */
export type BatchedRead<Key, Found> = (key: Key) => Promise<Found>;

interface Waiting<Key, Found> {
  readonly key: Key;
  readonly asked: { resolve(found: Found): void; reject(error: unknown): void }[];
}

/** Statements of one kind that run at the same time: one is answered while the next one is under way. */
const AT_ONCE = 2;
/** Keys of one statement. */
const MOST_KEYS = 200;

/**
 * Makes of `readMany` a read of one key (as DataLoader does). What is asked for while {@link AT_ONCE} statements run is the next batch, so a busy
 * server sends few statements, and an idle one waits for nothing. A read sees everything that was committed before it was asked for: it joins
 * a batch that is yet to be sent, never one that is under way. `textOf` is equal for equal keys.
 */
export function createBatchedRead<Key, Found>(
  readMany: (keys: readonly Key[]) => Promise<(key: Key) => Found>,
  textOf: (key: Key) => string,
): BatchedRead<Key, Found> {
  const waiting = new Map<string, Waiting<Key, Found>>();
  let running = 0;
  let isScheduled = false;

  async function readNext(): Promise<void> {
    const batch = [...waiting.entries()].slice(0, MOST_KEYS);
    for (const [text] of batch) waiting.delete(text);
    running += 1;
    try {
      const found = await readMany(batch.map(([, { key }]) => key));
      for (const [, { key, asked }] of batch) for (const { resolve } of asked) resolve(found(key));
    } catch (error) {
      for (const [, { asked }] of batch) for (const { reject } of asked) reject(error);
    }
    running -= 1;
    schedule();
  }
  function schedule(): void {
    if (isScheduled || waiting.size === 0 || running >= AT_ONCE) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      void readNext();
      schedule();
    });
  }

  return (key) =>
    new Promise((resolve, reject) => {
      const text = textOf(key);
      const one = waiting.get(text) ?? { key, asked: [] };
      one.asked.push({ resolve, reject });
      waiting.set(text, one);
      schedule();
    });
}
