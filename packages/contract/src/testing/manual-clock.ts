import type { Clock } from '../clock.ts';

interface Sleeper {
  wakeAt: number;
  resolve: () => void;
}

/** A clock for tests that moves only by its methods. `advance` wakes every sleeper that is due in between, in order. */
export interface ManualClock extends Clock {
  /** Moves time forward by `ms`, waking sleepers one by one at their own time. */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock forward by `ms`, back where negative. No time passes: no sleeper wakes, `monotonic` stays. */
  setWallClock(ms: number): void;
  /** Keeps waking the next sleeper until `work` settles, so a test need not know how long the work sleeps. */
  runUntil<T>(work: Promise<T>): Promise<T>;
  /** How many sleeps are pending: 0 after an abort proves that no timer was left. */
  readonly sleeping: number;
}

/** Lets every promise reaction that is already due run. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Creates a {@link ManualClock} that starts at `startMs` (default: 2026-01-01T00:00:00Z). */
export function createManualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  let nowMs = startMs;
  let setByMs = 0;
  const sleepers = new Set<Sleeper>();

  const next = (): Sleeper | undefined => {
    let first: Sleeper | undefined;
    for (const sleeper of sleepers) if (!first || sleeper.wakeAt < first.wakeAt) first = sleeper;
    return first;
  };
  const wake = (sleeper: Sleeper) => {
    nowMs = Math.max(nowMs, sleeper.wakeAt);
    sleepers.delete(sleeper);
    sleeper.resolve();
  };

  return {
    now: () => nowMs + setByMs,
    monotonic: () => nowMs - startMs,
    get sleeping() {
      return sleepers.size;
    },
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          wakeAt: nowMs + Math.max(0, Math.ceil(ms)),
          resolve: () => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    setWallClock(ms) {
      setByMs += ms;
    },
    async advance(ms) {
      const target = nowMs + ms;
      await settle();
      for (let due = next(); due && due.wakeAt <= target; due = next()) {
        wake(due);
        await settle();
      }
      nowMs = target;
      await settle();
    },
    async runUntil(work) {
      let settled = false;
      const done = () => {
        settled = true;
      };
      work.then(done, done);
      await settle();
      while (!settled) {
        const due = next();
        if (due) wake(due);
        await settle();
      }
      return work;
    },
  };
}
