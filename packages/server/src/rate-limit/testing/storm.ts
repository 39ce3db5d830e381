import type { Random } from '@openkupe/contract';

/** Many callers at once who obey `Retry-After`, in virtual time: what a limiter's promises are worth, without a wall clock's chance. */
export interface Storm {
  readonly calls: number;
  /** The first requests arrive evenly by chance within this time. */
  readonly spreadMs: number;
  /** A caller comes back this much after it was told to, at most: network, timers. */
  readonly lateMs: number;
  /** The share of seconds in which everybody is late together, and by how much at most. */
  readonly stalls?: { readonly share: number; readonly lateMs: number };
  /** Attempts after which a caller gives up. */
  readonly attempts: number;
}

export interface StormOutcome {
  readonly served: number;
  /** The share of returns, each at the time it was told or later, that were admitted. */
  readonly truth: number;
  readonly refusedPerCall: number;
  /** From the first arrival to the last admission. */
  readonly seconds: number;
}

interface Arrival {
  readonly atMs: number;
  readonly caller: number;
  readonly attempt: number;
}

const STARTS_AT_MS = 1234.567;

/** `ask` is one request of a caller: 0 when it is admitted, otherwise the whole seconds it is told to wait. */
export function runStorm(storm: Storm, random: Random, ask: (caller: number, nowMs: number) => number): StormOutcome {
  const stallOf = new Map<number, number>();
  const stallMs = (atMs: number) => {
    const second = Math.floor(atMs / 1000);
    const known = stallOf.get(second);
    if (known !== undefined) return known;
    const { share = 0, lateMs = 0 } = storm.stalls ?? {};
    const own = random.unit() < share ? random.unit() * lateMs : 0;
    stallOf.set(second, own);
    return own;
  };
  // Sorted, the next one last.
  const arrivals: Arrival[] = [];
  const add = (arrival: Arrival) => {
    let from = 0;
    let to = arrivals.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((arrivals[middle] as Arrival).atMs > arrival.atMs) from = middle + 1;
      else to = middle;
    }
    arrivals.splice(from, 0, arrival);
  };
  for (let caller = 0; caller < storm.calls; caller += 1) add({ atMs: STARTS_AT_MS + random.unit() * storm.spreadMs, caller, attempt: 1 });

  const firstMs = arrivals.at(-1)?.atMs ?? 0;
  let [served, requests, returns, kept, lastMs] = [0, 0, 0, 0, firstMs];
  for (let arrival = arrivals.pop(); arrival; arrival = arrivals.pop()) {
    const { atMs, caller, attempt } = arrival;
    requests += 1;
    if (attempt > 1) returns += 1;
    const waitSeconds = ask(caller, atMs);
    if (waitSeconds === 0) {
      served += 1;
      lastMs = atMs;
      if (attempt > 1) kept += 1;
    } else if (attempt < storm.attempts) {
      const toldMs = atMs + waitSeconds * 1000;
      add({ atMs: toldMs + random.unit() * storm.lateMs + stallMs(toldMs), caller, attempt: attempt + 1 });
    }
  }
  return {
    served,
    truth: returns === 0 ? 1 : kept / returns,
    refusedPerCall: (requests - served) / storm.calls,
    seconds: (lastMs - firstMs) / 1000,
  };
}
