import { systemClock, systemRandom } from '../../packages/contract/src/index.ts';
import { createGuard, guardLimits } from '../../packages/server/src/guard/create-guard.ts';
import type { RateLimit } from '../../packages/server/src/guard/gcra.ts';
import { createValkeyStore } from '../../packages/server/src/guard/valkey-store.ts';

/** One server's guard on a shared store. */
export interface StoreNode {
  readonly state: 'shared' | 'local-share';
  readonly nodes: number;
  readonly exchanges: number;
  /** One decision; its duration is added to `decisionsMs`. */
  decide(address: string): boolean;
  readonly decisionsMs: number[];
  stop(): void;
}

/** `skewMs` moves the node's own clock away from the others'. */
export function startNode(options: { port: number; namespace: string; limit: RateLimit; skewMs?: number }): StoreNode {
  const { port, namespace, limit, skewMs = 0 } = options;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + skewMs, now: () => systemClock.now() + skewMs };
  const store = createValkeyStore({ url: `redis://127.0.0.1:${port}`, patienceMs: 250, namespace });
  const limits = { ...guardLimits({ address: limit }), addresses: 65_536 };
  const guard = createGuard({ clock, random: systemRandom, limits, sharing: { clock, store } });
  const stopping = new AbortController();
  void guard.sharing?.run(stopping.signal);
  const decisionsMs: number[] = [];
  return {
    get state() {
      return guard.sharing?.state ?? 'local-share';
    },
    get nodes() {
      return guard.sharing?.nodes ?? 1;
    },
    get exchanges() {
      return guard.sharing?.counters.exchanges ?? 0;
    },
    decisionsMs,
    decide(address) {
      const start = performance.now();
      const { isAdmitted } = guard.admit({ address });
      decisionsMs.push(performance.now() - start);
      return isAdmitted;
    },
    stop() {
      stopping.abort();
      store.close();
    },
  };
}
