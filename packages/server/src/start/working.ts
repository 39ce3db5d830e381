import type { Clock } from '@openkupe/contract';
import type { ClusterEngine } from '../engines/engine.ts';
import type { Log } from '../log/log.ts';
import type { Reconciler } from '../reconciler/reconciler.ts';
import type { BeginTerm } from '../store/term.ts';

/** The work of this process on what is due: in terms, while no other process has one. */
export interface Working {
  /** Whether this process has the term. */
  readonly isOn: boolean;
  /** Works from the moment on at which no other process does. */
  start(): void;
  /** Gives back what it works on, and lets another process begin. */
  stop(): Promise<void>;
}

/** What {@link createWorking} needs. */
export interface WorkingPorts {
  readonly beginTerm: BeginTerm;
  /** Makes the reconciler of one term. */
  readonly createReconciler: () => Reconciler;
  /** The engine: what one process at a time may do of it begins and ends with a term. */
  readonly engine: Pick<ClusterEngine, 'takeOver' | 'standDown'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Log;
}

/** How long to wait before a term that could not begin is tried again. */
const RETRY_MS = 1_000;

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Makes the work of a process; `start` begins it once. */
export function createWorking({ beginTerm, createReconciler, engine, clock, log }: WorkingPorts): Working {
  const stopping = new AbortController();
  let isOn = false;
  let terms: Promise<void> = Promise.resolve();

  async function work(lost: AbortSignal): Promise<void> {
    const reconciler = createReconciler();
    try {
      await engine.takeOver?.();
      isOn = true;
      reconciler.start();
      log.info({}, 'this process works on what is due');
      await untilAborted(AbortSignal.any([lost, stopping.signal]));
      if (lost.aborted) log.warn({}, 'another process may work on what is due: the connection that shows that this one does was lost');
    } finally {
      isOn = false;
      await reconciler.stop();
      await engine.standDown?.();
    }
  }
  async function workInTerms(): Promise<void> {
    while (!stopping.signal.aborted) {
      const term = await beginTerm(stopping.signal);
      if (!term) return;
      const failure = await work(term.lost).catch((error: unknown) => ({ error }));
      await term.end();
      if (!failure) continue;
      log.error({ err: failure.error }, 'the work on what is due could not begin; trying again');
      await clock.sleep(RETRY_MS, stopping.signal).catch(() => {});
    }
  }
  return {
    get isOn() {
      return isOn;
    },
    start() {
      terms = workInTerms();
    },
    async stop() {
      stopping.abort('stopping');
      await terms;
    },
  };
}
