import type { Clock } from '@openkupe/contract';
import { Histogram } from './histogram.ts';

/** Transactions of the store: how long each took, and how many changes and leases were in all of them. */
export interface WriteCounters {
  readonly duration: Histogram;
  readonly requests: number;
  readonly failed: number;
  note(requests: number, failed: number, seconds: number): void;
}

/** Counts from zero. */
export function createWriteCounters(): WriteCounters {
  const counts = { requests: 0, failed: 0 };
  const duration = new Histogram();
  return {
    duration,
    get requests() {
      return counts.requests;
    },
    get failed() {
      return counts.failed;
    },
    note(requests, failed, seconds) {
      duration.note(seconds);
      counts.requests += requests;
      counts.failed += failed;
    },
  };
}

/** A writer whose transactions are counted. */
export function countWrites<Request, Outcome extends object>(
  writer: { write(group: readonly Request[]): Promise<readonly Outcome[]> },
  counters: WriteCounters,
  clock: Pick<Clock, 'monotonic'>,
): { write(group: readonly Request[]): Promise<readonly Outcome[]> } {
  return {
    async write(group) {
      const startedMs = clock.monotonic();
      const settled = await writer.write(group);
      counters.note(group.length, settled.filter((one) => 'error' in one).length, (clock.monotonic() - startedMs) / 1_000);
      return settled;
    },
  };
}
