import type { Clock } from '@openkupe/contract';
import type { CommitOutcome } from '../store/store.ts';
import type { Settled, WriteRequest } from '../store/write-request.ts';
import { Histogram } from './histogram.ts';

/** What applies requests in groups, each of which is a transaction. */
interface Writer {
  write(group: readonly WriteRequest[]): Promise<readonly Settled[]>;
}

/** Transactions of the store: how long each took, and how many changes and leases were in all of them. */
export interface WriteCounters {
  readonly duration: Histogram;
  readonly requests: number;
  readonly failed: number;
  /** Events that were written for those who read them. */
  readonly events: number;
  note(group: { readonly requests: number; readonly failed: number; readonly events: number }, seconds: number): void;
}

/** Counts from zero. */
export function createWriteCounters(): WriteCounters {
  const counts = { requests: 0, failed: 0, events: 0 };
  const duration = new Histogram();
  return {
    duration,
    get requests() {
      return counts.requests;
    },
    get failed() {
      return counts.failed;
    },
    get events() {
      return counts.events;
    },
    note({ requests, failed, events }, seconds) {
      duration.note(seconds);
      counts.requests += requests;
      counts.failed += failed;
      counts.events += events;
    },
  };
}

/** The events that a request wrote, unless its change was not made. */
function eventsOf(request: WriteRequest, settled: Settled | undefined): number {
  if (request.verb !== 'commit' || !settled || 'error' in settled) return 0;
  return (settled.result as CommitOutcome).outcome === 'written' ? (request.change.events?.length ?? 0) : 0;
}

/** A writer whose transactions are counted. */
export function countWrites(writer: Writer, counters: WriteCounters, clock: Pick<Clock, 'monotonic'>): Writer {
  return {
    async write(group) {
      const startedMs = clock.monotonic();
      const settled = await writer.write(group);
      const failed = settled.filter((one) => 'error' in one).length;
      const events = group.reduce((sum, request, index) => sum + eventsOf(request, settled[index]), 0);
      counters.note({ requests: group.length, failed, events }, (clock.monotonic() - startedMs) / 1_000);
      return settled;
    },
  };
}
