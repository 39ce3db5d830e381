import { defineHandler } from '../define-handler.ts';
import { loadCluster, requireReadable } from '../load.ts';
import { phaseOf } from './render-cluster.ts';

/** The next step of the reconciler, and why. 500 where what the engine keeps of the cluster cannot be read. */
export const explainCluster = defineHandler('clusters.explain', {
  async load(call, deps) {
    const cluster = await loadCluster(deps.store, call.params.tenant, call.params.name);
    requireReadable(cluster, deps.engine);
    return { cluster, step: await deps.explainStep(cluster) };
  },
  decide(_call, { cluster, step }) {
    const { generation, observed } = cluster;
    return { answer: { body: { phase: phaseOf(cluster), ...step, generation, observedGeneration: observed.observedGeneration } } };
  },
});
