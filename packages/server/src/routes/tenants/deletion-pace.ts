import type { Clock } from '@openkupe/contract';

/** How often somebody may ask for the deletion of a tenant: once a minute, so that a loop gone wrong cannot guess its way through. */
export interface DeletionPace {
  /** Milliseconds to wait before asking again, 0 when this call may go on. Asking twice for the same call is asking once. */
  ask(tenant: string, call: object): number;
}

const INTERVAL_MS = 60_000;

/** Kept by one process: it protects people from haste, not the server from load. Holds the tenants of the last minute. */
export function createDeletionPace({ monotonic }: Pick<Clock, 'monotonic'>): DeletionPace {
  const latest = new Map<string, { readonly call: object; readonly at: number }>();
  return {
    ask(tenant, call) {
      const nowMs = monotonic();
      for (const [name, { at }] of latest) if (nowMs - at >= INTERVAL_MS) latest.delete(name);
      const before = latest.get(tenant);
      if (before && before.call !== call) return before.at + INTERVAL_MS - nowMs;
      latest.set(tenant, before ?? { call, at: nowMs });
      return 0;
    },
  };
}
