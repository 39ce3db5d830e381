/** What lives and dies in the world: what a dead owner had scheduled does not happen. */
export interface Owner {
  readonly name: string;
  isAlive: boolean;
  /** Until then nothing happens in it, as in a virtual machine that is paused; its clocks go on. Virtual milliseconds. */
  pausedUntilMs?: number;
  pausedFromMs?: number;
}

/** The events of the world in the order of virtual time; those of one moment in the order in which they were scheduled. */
export interface Schedule {
  /** Milliseconds since the beginning of the world. */
  readonly nowMs: number;
  /** Events that have happened. */
  readonly steps: number;
  /** Lets `run` happen after `delayMs`, unless the owner is dead by then. Returns the function that cancels it. */
  after(delayMs: number, owner: Owner | undefined, what: string, run: () => void | Promise<void>): () => void;
  /** Moves time to the next event; `undefined` when there is none up to `untilMs`. */
  next(untilMs: number): { readonly what: string; readonly owner: Owner | undefined; readonly run: () => void | Promise<void> } | undefined;
}

interface Entry {
  atMs: number;
  readonly number: number;
  readonly owner: Owner | undefined;
  readonly what: string;
  readonly run: () => void | Promise<void>;
  isCancelled: boolean;
}

const isBefore = (one: Entry, other: Entry) => one.atMs < other.atMs || (one.atMs === other.atMs && one.number < other.number);

/** A binary heap. */
class Heap {
  readonly #entries: Entry[] = [];

  get first(): Entry | undefined {
    return this.#entries[0];
  }

  push(entry: Entry): void {
    const entries = this.#entries;
    entries.push(entry);
    for (let at = entries.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      const above = entries[parent] as Entry;
      if (!isBefore(entry, above)) return;
      entries[parent] = entry;
      entries[at] = above;
      at = parent;
    }
  }

  pop(): void {
    const entries = this.#entries;
    const last = entries.pop();
    if (!last || entries.length === 0) return;
    entries[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < entries.length && isBefore(entries[child] as Entry, entries[least] as Entry)) least = child;
      }
      if (least === at) return;
      entries[at] = entries[least] as Entry;
      entries[least] = last;
      at = least;
    }
  }
}

/** An empty {@link Schedule} at time 0. */
export function createSchedule(): Schedule {
  const heap = new Heap();
  let nowMs = 0;
  let steps = 0;
  let count = 0;
  return {
    get nowMs() {
      return nowMs;
    },
    get steps() {
      return steps;
    },
    after(delayMs, owner, what, run) {
      const entry = { atMs: nowMs + Math.max(0, delayMs), number: ++count, owner, what, run, isCancelled: false };
      heap.push(entry);
      return () => {
        entry.isCancelled = true;
      };
    },
    next(untilMs) {
      for (let entry = heap.first; entry && entry.atMs <= untilMs; entry = heap.first) {
        heap.pop();
        if (entry.isCancelled || entry.owner?.isAlive === false) continue;
        const pausedUntilMs = entry.owner?.pausedUntilMs ?? 0;
        if (pausedUntilMs > entry.atMs) {
          entry.atMs = pausedUntilMs;
          heap.push(entry);
          continue;
        }
        nowMs = entry.atMs;
        steps += 1;
        return entry;
      }
      return undefined;
    },
  };
}
