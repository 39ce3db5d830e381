import type { Clock } from '@openkupe/contract/clock';
import { ENDED } from '../reschedulable-timer.ts';

/** Says when something may have changed, as a source of changes does. */
export interface ChangeSignal {
  /** Resolves after `ms`, and with true as soon as there is a change, or was one since the last sleep. Rejects as `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<boolean>;
  /** Ends the source. */
  end(): void;
}

/** Follows what `open` yields until it ends or fails; then only the time ends a sleep. */
export function createChangeSignal(clock: Clock, open?: (signal: AbortSignal) => AsyncIterable<unknown>): ChangeSignal {
  const ending = new AbortController();
  let early = new AbortController();
  async function follow(source: AsyncIterable<unknown>): Promise<void> {
    for await (const _ of source) early.abort(ENDED);
  }
  // NOTE: a server, or a proxy, that does not stream ends it: what it would have said is found by reading.
  if (open) follow(open(ending.signal)).catch(() => {});
  return {
    async sleep(ms, signal) {
      await clock.sleep(ms, AbortSignal.any([signal, early.signal])).catch(() => {});
      signal.throwIfAborted();
      const isEarly = early.signal.aborted;
      if (isEarly) early = new AbortController();
      return isEarly;
    },
    end: () => ending.abort(ENDED),
  };
}
