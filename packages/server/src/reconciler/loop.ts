import type { Clock, Random } from '@openkupe/contract';
import type { Log } from '../log/log.ts';
import type { LeasedWork, Store } from '../store/store.ts';
import type { StepOutcome, StepResult } from './outcome.ts';
import { stepsUnderLease } from './steps-under-lease.ts';
import { createTenantRoundRobin } from './tenant-round-robin.ts';
import { withinTimeLimit } from './time-limit.ts';
import { createWakeSignal } from './wake-signal.ts';
import { createWorkBackoff, type WorkBackoff } from './work-backoff.ts';

/** Concurrency and time limits of the loop. Milliseconds, except `concurrency`. */
export interface LoopPace {
  /** Steps that run concurrently. */
  readonly concurrency: number;
  /** How long a lease lasts: work of a crashed process is delayed by it. */
  readonly leaseMs: number;
  /** A step that takes longer is abandoned and retried later; shorter than the lease. */
  readonly stepMs: number;
  /** How long `stop` waits for running steps before it gives their work back. */
  readonly stopMs: number;
}

/** The pace of a running control plane. */
export const LOOP_PACE: LoopPace = { concurrency: 64, leaseMs: 30_000, stepMs: 20_000, stopMs: 1_000 };

/** The store is polled at least this often, for work that another process left. */
const LONGEST_WAIT_MS = 5_000;
/** The wait after due work was leased by another process. */
const SHORTEST_WAIT_MS = 10;

/** What the loop runs on, and the step that it runs for each leased work item. */
export interface LoopOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly pace: LoopPace;
  /** One step; `holdsLease()` is whether its lease is still valid. */
  readonly step: (work: LeasedWork, holdsLease: () => boolean) => Promise<StepResult>;
  /** Called with how the steps of a lease ended, and how long they took. */
  readonly ended?: (work: LeasedWork, result: StepOutcome, ms: number) => void;
}

/** Leases due work items, runs one step of each, returns it with its next due time, and waits until more is due. */
export interface Loop {
  start(): void;
  /** Resolves when no work is due, after `longestMs` milliseconds, or at `stop`. */
  untilNothingDue(longestMs: number): Promise<void>;
  /**
   * Takes no new work. Work whose step runs longer than `stopMs` is given back, due at once; resolves when all is given back, or after that time
   * once more.
   */
  stop(): Promise<void>;
}

/** Waits for the end of the running steps, and once more as long after giving up those that take longer. */
async function endInTime(
  ended: Promise<unknown>,
  givingUp: AbortController,
  { clock, pace }: Pick<LoopOptions, 'clock' | 'pace'>,
): Promise<void> {
  const stopped = new AbortController();
  const longEnough = () => clock.sleep(pace.stopMs, stopped.signal).catch(() => {});
  await Promise.race([ended, longEnough()]);
  givingUp.abort('stopping');
  await Promise.race([ended, longEnough()]);
  stopped.abort();
}

/** When work is due again. A failure is logged, and delayed by `backoff`. */
function nextOf(
  { key: { kind, tenant, name } }: LeasedWork,
  result: StepOutcome,
  { backoff, log }: { readonly backoff: WorkBackoff; readonly log: Log },
): { afterMs: number } | 'done' {
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

/** Makes a loop; `start` runs it once. */
export function createLoop({ store, clock, random, log, pace, step, ended: noteEnd }: LoopOptions): Loop {
  const owner = Buffer.from(random.bytes(8)).toString('hex');
  const wakeSignal = createWakeSignal(clock);
  const backoff = createWorkBackoff(random);
  const roundRobin = createTenantRoundRobin(store);
  const running = new Set<Promise<void>>();
  const givingUp = new AbortController();
  let nothingDue = createWakeSignal(clock);
  let isStopping = false;
  let rounds: Promise<void> | undefined;
  let endWatch = () => {};

  /** `askedMs`: the monotonic time at which the lease was asked for. The answer may have come late, and the lease has been running since. */
  async function run(work: LeasedWork, askedMs: number): Promise<void> {
    const steps = (holdsLease: () => boolean) =>
      stepsUnderLease(
        clock,
        () => step(work, holdsLease),
        () => holdsLease() && !isStopping,
      );
    const startedMs = clock.monotonic();
    const result = await withinTimeLimit(clock, askedMs + pace.stepMs - clock.monotonic(), steps, givingUp.signal);
    noteEnd?.(work, result, clock.monotonic() - startedMs);
    try {
      await store.finishWork(work, nextOf(work, result, { backoff, log }));
    } catch (error) {
      log.error({ error: String(error) }, 'work could not be given back; it is due again when its lease ends');
    }
  }

  /** Starts due work up to the concurrency. Returns how long to wait unless there is a wake signal, in milliseconds. */
  async function takeWork(): Promise<number> {
    const free = pace.concurrency - running.size;
    if (free === 0) {
      // NOTE: not woken by commits: under load each would cost a timer, and there is no room for what they make due.
      await Promise.race(running);
      return 0;
    }
    const waitMs = Math.min(LONGEST_WAIT_MS, (await store.nextWorkInMs()) ?? LONGEST_WAIT_MS);
    if (waitMs > 0) {
      nothingDue.wake();
      return waitMs;
    }
    const askedMs = clock.monotonic();
    const leased = await roundRobin.lease({ owner, leaseMs: pace.leaseMs, limit: free });
    for (const work of leased) {
      const ended = run(work, askedMs).finally(() => {
        running.delete(ended);
        wakeSignal.wake();
      });
      running.add(ended);
    }
    return leased.length === 0 ? SHORTEST_WAIT_MS : 0;
  }

  async function runRounds(): Promise<void> {
    while (!isStopping) {
      const waitMs = await takeWork().catch((error) => {
        log.error({ error: String(error) }, 'the store gave no work; trying again');
        return LONGEST_WAIT_MS;
      });
      await wakeSignal.wait(waitMs);
    }
  }

  return {
    start() {
      if (rounds) throw new Error('Cannot start the reconciler twice: create another');
      endWatch = store.onCommit(() => wakeSignal.wake());
      rounds = runRounds();
    },
    async untilNothingDue(longestMs) {
      nothingDue = createWakeSignal(clock);
      if (!isStopping) await nothingDue.wait(longestMs);
    },
    async stop() {
      isStopping = true;
      nothingDue.wake();
      endWatch();
      wakeSignal.wake();
      const ended = Promise.resolve(rounds).then(() => Promise.all(running));
      await endInTime(ended, givingUp, { clock, pace });
    },
  };
}
