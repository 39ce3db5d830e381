import type { Clock } from '@openkupe/contract';

/** How often the deletion of one tenant may be asked for: once a minute, so that a loop gone wrong cannot guess its way through. */
export interface DeletionPace {
  /** Counts an attempt: milliseconds to wait before another one, 0 when this one may go on. */
  count(tenant: string): number;
}

const INTERVAL_MS = 60_000;

/** Kept by one process: it protects people from haste, not the server from load. Holds the tenants of the last minute. */
export function createDeletionPace({ monotonic }: Pick<Clock, 'monotonic'>): DeletionPace {
  const latest = new Map<string, number>();
  return {
    count(tenant) {
      const nowMs = monotonic();
      for (const [name, countedMs] of latest) if (nowMs - countedMs >= INTERVAL_MS) latest.delete(name);
      const countedMs = latest.get(tenant);
      if (countedMs !== undefined) return countedMs + INTERVAL_MS - nowMs;
      latest.set(tenant, nowMs);
      return 0;
    },
  };
}
