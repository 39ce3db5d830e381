import type { Clock, Random } from '@openkupe/contract';
import type { Log } from '../log/log.ts';
import type { LeasedWork, Store } from '../store/store.ts';
import type { StepOutcome } from './outcome.ts';
import { withinTimeLimit } from './time-limit.ts';
import { createWakeSignal } from './wake-signal.ts';
import { createWorkBackoff } from './work-backoff.ts';

/** How much the loop does at a time. Milliseconds, except `concurrency`. */
export interface LoopPace {
  /** Steps that run side by side. */
  readonly concurrency: number;
  /** How long a lease holds: what a crash costs the work that was in hand. */
  readonly leaseMs: number;
  /** A step that takes longer is given up and tried again later; shorter than the lease. */
  readonly stepMs: number;
  /** How long `stop` waits for running steps. */
  readonly stopMs: number;
}

export const LOOP_PACE: LoopPace = { concurrency: 4, leaseMs: 30_000, stepMs: 20_000, stopMs: 10_000 };

/** Looks into the store at least this often, for work that another process left there. */
const LONGEST_NAP_MS = 5_000;
/** The nap when work was due a moment ago but somebody else took it. */
const SHORTEST_NAP_MS = 10;

export interface LoopOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly pace: LoopPace;
  /** One step; `isOurs` says whether its lease still holds. */
  readonly step: (work: LeasedWork, isOurs: () => boolean) => Promise<StepOutcome>;
}

/** Leases due work, runs one step of each, gives it back with the time at which it is due again, and sleeps until there is more. */
export interface Loop {
  start(): void;
  /** Takes no new work; resolves when the running steps have ended, or after `stopMs`. */
  stop(): Promise<void>;
}

export function createLoop({ store, clock, random, log, pace, step }: LoopOptions): Loop {
  const owner = Buffer.from(random.bytes(8)).toString('hex');
  const wakeSignal = createWakeSignal(clock);
  const backoff = createWorkBackoff(random);
  const running = new Set<Promise<void>>();
  let isStopping = false;
  let rounds: Promise<void> | undefined;
  let endWatch = () => {};

  function nextOf({ key: { kind, tenant, name } }: LeasedWork, result: StepOutcome): { afterMs: number } | 'done' {
    const key = `${kind}/${tenant}/${name}`;
    if (result.outcome === 'failed') {
      const { failures, delayMs } = backoff.failed(key);
      const afterMs = Math.min(delayMs, result.notLaterThanMs ?? delayMs);
      log.warn({ key, what: result.what, failures, afterMs, error: String(result.error) }, 'a step could not be done now');
      return { afterMs };
    }
    backoff.succeeded(key);
    return result.outcome === 'done' ? 'done' : { afterMs: result.afterMs };
  }

  async function run(work: LeasedWork): Promise<void> {
    const result = await withinTimeLimit(clock, pace.stepMs, (isOurs) => step(work, isOurs));
    try {
      await store.finishWork(work, nextOf(work, result));
    } catch (error) {
      log.error({ error: String(error) }, 'work could not be given back; it is due again when its lease ends');
    }
  }

  /** Starts as much due work as there is room for. Returns how long to sleep unless the bell rings, in milliseconds. */
  async function takeWork(): Promise<number> {
    const room = pace.concurrency - running.size;
    if (room === 0) return LONGEST_NAP_MS;
    const napMs = Math.min(LONGEST_NAP_MS, (await store.nextWorkInMs()) ?? LONGEST_NAP_MS);
    if (napMs > 0) return napMs;
    const leased = await store.leaseWork({ owner, leaseMs: pace.leaseMs, limit: room });
    for (const work of leased) {
      const ended = run(work).finally(() => {
        running.delete(ended);
        wakeSignal.ring();
      });
      running.add(ended);
    }
    return leased.length === 0 ? SHORTEST_NAP_MS : 0;
  }

  async function runRounds(): Promise<void> {
    while (!isStopping) {
      const napMs = await takeWork().catch((error) => {
        log.error({ error: String(error) }, 'the store gave no work; trying again');
        return LONGEST_NAP_MS;
      });
      await wakeSignal.wait(napMs);
    }
  }

  return {
    start() {
      if (rounds) throw new Error('Cannot start the reconciler twice: create another');
      endWatch = store.onCommit(() => wakeSignal.ring());
      rounds = runRounds();
    },
    async stop() {
      isStopping = true;
      endWatch();
      wakeSignal.ring();
      const stopped = new AbortController();
      const tooLong = clock.sleep(pace.stopMs, stopped.signal).catch(() => {});
      await Promise.race([rounds?.then(() => Promise.all(running)), tooLong]);
      stopped.abort();
    },
  };
}
