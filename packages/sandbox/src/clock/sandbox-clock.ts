import type { Clock } from '@openkupe/contract';
import { createHeldTime, type HeldTime, type Sleeper } from './held-time.ts';
import { settle } from './settle.ts';

/** The clock of a sandbox: it runs as the machine's does until it is frozen, and can be moved forward. */
export interface SandboxClock extends Clock {
  readonly isFrozen: boolean;
  /** Stops time. What sleeps goes on sleeping. */
  freeze(): void;
  /** Lets time pass again, from where it stands. */
  resume(): void;
  /**
   * Moves time forward by `ms`. What is due in between is done in order: every sleep at its own time in the first 20 minutes and the last one,
   * between them in 500 steps, so that months take seconds.
   */
  advance(ms: number): Promise<void>;
  /** Moves time to the next sleep again and again until `work` settles, however long it sleeps. */
  runUntil<T>(work: Promise<T>): Promise<T>;
  /** Sets the wall clock, for a server that is not running. */
  setWall(epochMs: number): void;
}

const EXACT_AT_FIRST_MS = 1_200_000;
const EXACT_AT_LAST_MS = 60_000;
/** The steps between the two. */
const STEPS = 500;

/** The moments at which an advance stops to let work be done; what is due before `exactUntilMs` and after `exactFromMs` is woken at its own time. */
function planAdvance(fromMs: number, ms: number) {
  const targetMs = fromMs + ms;
  const exactUntilMs = Math.min(targetMs, fromMs + EXACT_AT_FIRST_MS);
  const exactFromMs = Math.max(exactUntilMs, targetMs - EXACT_AT_LAST_MS);
  return { targetMs, exactUntilMs, exactFromMs, stepMs: Math.max(1, (exactFromMs - exactUntilMs) / STEPS) };
}

/** Moves time by `ms`: exactly at first and at last, in steps between. */
async function advanceBy(time: HeldTime, ms: number): Promise<void> {
  await settle();
  const { targetMs, exactUntilMs, exactFromMs, stepMs } = planAdvance(time.elapsedMs(), ms);
  await time.pass(exactUntilMs);
  while (time.elapsedMs() < exactFromMs) {
    const atMs = Math.min(exactFromMs, time.elapsedMs() + stepMs);
    time.stand(atMs);
    for (const sleeper of [...time.sleepers]) if (sleeper.wakeAtMs <= atMs) time.wake(sleeper);
    await settle();
  }
  await time.pass(targetMs);
  await settle();
}

/** Moves time from sleeper to sleeper until `work` settles. */
async function moveUntil(time: HeldTime, work: Promise<unknown>): Promise<void> {
  let isSettled = false;
  const done = () => {
    isSettled = true;
  };
  work.then(done, done);
  for (await settle(); !isSettled; await settle()) {
    const due = time.next();
    if (due) await time.pass(Math.max(time.elapsedMs(), due.wakeAtMs));
  }
}

function sleepOn(time: HeldTime, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      time.sleepers.delete(sleeper);
      reject(signal?.reason);
    };
    const sleeper: Sleeper = {
      wakeAtMs: time.elapsedMs() + Math.max(0, Math.ceil(ms)),
      resolve: () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      },
    };
    time.sleepers.add(sleeper);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (time.next() === sleeper) time.arm();
  });
}

/** Makes a {@link SandboxClock} that stands at `startMs`. `machine` is the clock that it follows while it runs. */
export function createSandboxClock({ startMs, machine }: { readonly startMs: number; readonly machine: Clock }): SandboxClock {
  const time = createHeldTime(machine);
  let wallAtZeroMs = startMs;
  let moving: Promise<void> = Promise.resolve();
  let isHeld = false;
  let isFrozen = false;
  /** Holds time while `move` moves it. One at a time. */
  const held = async (move: () => Promise<void>) => {
    const before = moving;
    const { promise, resolve } = Promise.withResolvers<void>();
    moving = promise;
    await before;
    isHeld = true;
    time.stand(time.elapsedMs());
    try {
      await move();
    } finally {
      isHeld = false;
      if (!isFrozen) time.run();
      resolve();
    }
  };
  return {
    now: () => Math.round(wallAtZeroMs + time.elapsedMs()),
    monotonic: time.elapsedMs,
    get isFrozen() {
      return isFrozen;
    },
    freeze() {
      isFrozen = true;
      time.stand(time.elapsedMs());
    },
    resume() {
      isFrozen = false;
      if (!isHeld && !time.isRunning) time.run();
    },
    sleep: (ms, signal) => sleepOn(time, ms, signal),
    advance: (ms) => held(() => advanceBy(time, ms)),
    async runUntil(work) {
      await held(() => moveUntil(time, work));
      return work;
    },
    setWall(epochMs) {
      wallAtZeroMs = epochMs - time.elapsedMs();
    },
  };
}
