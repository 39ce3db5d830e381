import type { SimulatedEngine } from '../world/engine.ts';
import type { Validator } from '../world/observers.ts';
import type { StoreHost } from '../world/store-host.ts';

/**
 * Once the faults have stopped for long enough every cluster is as its owner wants it or gone, the engine runs those and no other, and no work
 * is left that is due.
 */
export function createConvergence(host: StoreHost, engine: SimulatedEngine): Validator {
  return {
    name: 'convergence',
    async settled() {
      const clusters = await host.store.list('cluster');
      for (const { tenant, name, uid, generation, deletedAt, observed } of clusters) {
        const what = `cluster ${tenant}/${name}`;
        if (deletedAt !== undefined) throw new Error(`${what} is still being deleted`);
        const isInEffect = observed.observedGeneration === generation && observed.readyAt !== undefined && observed.pending === undefined;
        if (!isInEffect || observed.degraded !== undefined) throw new Error(`${what} is not in effect: ${JSON.stringify(observed)}`);
        if (!engine.uids.has(uid)) throw new Error(`${what} does not run`);
      }
      const known = new Set(clusters.map(({ uid }) => uid));
      for (const uid of engine.uids) if (!known.has(uid)) throw new Error(`the engine runs ${uid}, which is no cluster any more`);
      if ((await host.store.nextWorkInMs()) === 0) throw new Error('work is due that no server does');
    },
  };
}
