/** How many requests of one name run at the same time. Names exist only while something of theirs runs. */
export interface InFlightCap {
  readonly most: number;
  isFull(name: string): boolean;
  running(name: string): number;
  /** Counts one in. Call the returned function once, with the time it ended. */
  enter(name: string, nowMs: number): (endedMs: number) => void;
  /** When the next place is likely to be free, one place per caller who asks: the mean duration tells how fast places come back. */
  reserve(name: string, nowMs: number): number;
}

const FIRST_GUESS_MS = 100;
const WEIGHT_OF_NEWEST = 0.1;
const LONGEST_PROMISE_MS = 60_000;

export function createInFlightCap(most: number): InFlightCap {
  const names = new Map<string, { running: number; promisedMs: number }>();
  let meanMs = FIRST_GUESS_MS;
  return {
    most,
    isFull: (name) => (names.get(name)?.running ?? 0) >= most,
    running: (name) => names.get(name)?.running ?? 0,
    enter(name, nowMs) {
      const entry = names.get(name) ?? { running: 0, promisedMs: 0 };
      entry.running += 1;
      names.set(name, entry);
      let hasEnded = false;
      return (endedMs) => {
        if (hasEnded) return;
        hasEnded = true;
        meanMs += WEIGHT_OF_NEWEST * (endedMs - nowMs - meanMs);
        entry.running -= 1;
        if (entry.running === 0) names.delete(name);
      };
    },
    reserve(name, nowMs) {
      const entry = names.get(name);
      const slotMs = Math.min(Math.max(entry?.promisedMs ?? 0, nowMs) + meanMs / most, nowMs + LONGEST_PROMISE_MS);
      if (entry) entry.promisedMs = slotMs;
      return slotMs;
    },
  };
}
