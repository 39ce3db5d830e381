import type { Clock } from '@openkupe/contract';
import { settle } from './settle.ts';

/** Waits for a moment. */
export interface Sleeper {
  readonly wakeAtMs: number;
  readonly resolve: () => void;
}

/** Elapsed time that stands or runs, and what sleeps on it. */
export interface HeldTime {
  elapsedMs(): number;
  readonly isRunning: boolean;
  readonly sleepers: Set<Sleeper>;
  /** The sleeper that is due first. */
  next(): Sleeper | undefined;
  wake(sleeper: Sleeper): void;
  /** Waits on the machine's clock for the next sleeper, while time runs. */
  arm(): void;
  /** Stops at a moment. */
  stand(atMs: number): void;
  /** Runs on from where it stands. */
  run(): void;
  /** Wakes what is due until `untilMs`, one sleeper after the other at its own time, and stands there. */
  pass(untilMs: number): Promise<void>;
}

/** Makes a {@link HeldTime} that runs as `machine` does. */
export function createHeldTime(machine: Clock): HeldTime {
  let standsAtMs = 0;
  let resumedAtMs: number | undefined = machine.monotonic();
  let timer = new AbortController();
  const sleepers = new Set<Sleeper>();

  const elapsedMs = () => standsAtMs + (resumedAtMs === undefined ? 0 : machine.monotonic() - resumedAtMs);
  const next = () => {
    let first: Sleeper | undefined;
    for (const sleeper of sleepers) if (!first || sleeper.wakeAtMs < first.wakeAtMs) first = sleeper;
    return first;
  };
  const wake = (sleeper: Sleeper) => {
    sleepers.delete(sleeper);
    sleeper.resolve();
  };
  const arm = () => {
    timer.abort();
    timer = new AbortController();
    const first = next();
    if (!first || resumedAtMs === undefined) return;
    const wakeDue = () => {
      const nowMs = elapsedMs();
      for (const sleeper of sleepers) if (sleeper.wakeAtMs <= nowMs) wake(sleeper);
      arm();
    };
    machine.sleep(first.wakeAtMs - elapsedMs(), timer.signal).then(wakeDue, () => {});
  };
  const stand = (atMs: number) => {
    standsAtMs = atMs;
    resumedAtMs = undefined;
    timer.abort();
  };
  return {
    elapsedMs,
    get isRunning() {
      return resumedAtMs !== undefined;
    },
    sleepers,
    next,
    wake,
    arm,
    stand,
    run() {
      resumedAtMs = machine.monotonic();
      arm();
    },
    async pass(untilMs) {
      for (let due = next(); due && due.wakeAtMs <= untilMs; due = next()) {
        stand(Math.max(standsAtMs, due.wakeAtMs));
        wake(due);
        await settle();
      }
      stand(untilMs);
    },
  };
}
