import type { Change, Store } from './store.ts';
import type { Probe, WriteQueue } from './write-queue.ts';

/** What bounds a store. */
export interface StoreLimits {
  /** At least this many of the newest events stay readable. */
  readonly keptEvents: number;
  /** At most this many requests share a transaction. */
  readonly largestGroup: number;
}

/** The limits of a running control plane. */
export const STORE_LIMITS: StoreLimits = { keptEvents: 100_000, largestGroup: 1_000 };

/** Expired records deleted in one transaction, so that a large clean-up does not hold other writes up. */
const FORGOTTEN_AT_ONCE = 1_000;

/** Whether a change is to be announced: it wakes work or appends events. */
export const hasNews = ({ events = [], wake = [] }: Change): boolean => events.length + wake.length > 0;

/** The listeners of commits, of this process and of others. */
export interface CommitListeners {
  readonly onCommit: Store['onCommit'];
  notify(): void;
}

/** Makes {@link CommitListeners} without any. */
export function createCommitListeners(): CommitListeners {
  const listeners = new Set<() => void>();
  return {
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    notify() {
      // A listener that throws must not turn a durable commit into a failed one; its error is uncaught instead.
      for (const listener of listeners) queueMicrotask(listener);
    },
  };
}

/** What {@link createWriteMethods} needs. */
export interface WriteDependencies {
  readonly queue: WriteQueue;
  /** Learns how changes end. */
  readonly probe: Probe;
  /** Called after commits that wake work or append events. */
  readonly listeners: CommitListeners;
  /** The time by which work is due, milliseconds; any number where the writer counts by a clock of its own. */
  readonly nowMs: () => number;
}

/** The methods of a store that write, through its queue. */
export function createWriteMethods({ queue, probe, listeners, nowMs }: WriteDependencies) {
  return {
    async commit(change) {
      const outcome = await queue.run({ verb: 'commit', change, nowMs: nowMs() }).catch(probe.noteFailure);
      if (outcome.outcome !== 'written') return outcome;
      probe.noteSuccess();
      if (hasNews(change)) listeners.notify();
      return outcome;
    },
    onCommit: listeners.onCommit,
    keepSecretsCheck: (value) => queue.run({ verb: 'keep-installation', name: 'secrets-check', value }),
    keepKnownTime: (known) => queue.run({ verb: 'keep-installation', name: 'known-time', value: JSON.stringify(known) }),
    forgetEvents: (now, retentionMs, limit) => queue.run({ verb: 'forget-events', nowMs: now, retentionMs, limit }),
    forgetAudit: (now, retentionMs, limit) => queue.run({ verb: 'forget-audit', nowMs: now, retentionMs, limit }),
    async forgetIdempotencyRecords(now) {
      for (let total = 0; ; ) {
        const forgotten = await queue.run({ verb: 'forget-idempotency-records', nowMs: now, limit: FORGOTTEN_AT_ONCE });
        total += forgotten;
        if (forgotten < FORGOTTEN_AT_ONCE) return total;
      }
    },
    leaseWork: (request) => queue.run({ verb: 'lease-work', ...request, nowMs: nowMs() }),
    finishWork: (work, next) => queue.run({ verb: 'finish-work', work, next, nowMs: nowMs() }),
    ping: () => probe.run((bytes) => queue.run({ verb: 'probe', bytes })),
    failure: () => probe.failure(),
  } satisfies Partial<Store>;
}
