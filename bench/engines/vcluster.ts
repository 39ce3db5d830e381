import { systemClock, systemRandom } from '@openkupe/contract';
import { type Host, startHost } from '../../conformance/kubernetes/host.ts';
import type { ClusterEngine, ClusterRef } from '../../packages/server/src/engines/engine.ts';
import { createCachedClient } from '../../packages/server/src/engines/kubernetes/cached-client.ts';
import { createKubernetesClient } from '../../packages/server/src/engines/kubernetes/client.ts';
import { FOLLOWED } from '../../packages/server/src/engines/vcluster/host-object.ts';
import { NEWER, SETTINGS, SPEC } from '../../packages/server/src/engines/vcluster/testing/samples.ts';
import { createVclusterEngine } from '../../packages/server/src/engines/vcluster/vcluster-engine.ts';
import type { Part } from '../harness/benchmark.ts';
import { markdown } from '../harness/table.ts';
import { type AuditLog, createAuditLog } from './audit-log.ts';

/** What one way of reading costs the host. */
export interface VclusterRow {
  readonly name: string;
  readonly clusters: number;
  readonly applyMs: number;
  readonly callsToApply: number;
  readonly observeMs: number;
  readonly callsToObserve: number;
}

const refOf = (index: number): ClusterRef => ({
  tenant: 'bench',
  name: `cluster-${index}`,
  uid: `${String(index).padStart(8, '0')}-0000-4000-8000-000000000000`,
  type: 'shared',
});

async function measureEngine(name: string, engine: ClusterEngine, refs: readonly ClusterRef[], audit: AuditLog): Promise<VclusterRow> {
  const timed = async (work: (ref: ClusterRef) => Promise<unknown>) => {
    const before = await audit.count();
    const beganMs = performance.now();
    for (const ref of refs) await work(ref);
    const eachMs = (performance.now() - beganMs) / refs.length;
    return { eachMs, calls: ((await audit.count()).calls - before.calls) / refs.length };
  };
  const apply = await timed((ref) => engine.apply(ref, { ...SPEC, version: NEWER.minor }, 1));
  // NOTE: the first observation puts right what controllers have added; the second one finds the cluster at rest.
  await timed((ref) => engine.observe(ref));
  const observe = await timed((ref) => engine.observe(ref));
  return {
    name,
    clusters: refs.length,
    applyMs: apply.eachMs,
    callsToApply: apply.calls,
    observeMs: observe.eachMs,
    callsToObserve: observe.calls,
  };
}

async function measure(isQuick: boolean): Promise<readonly VclusterRow[]> {
  const audit = await createAuditLog();
  const host: Host = await startHost({ apiServerFlags: audit.flags });
  const count = isQuick ? 5 : 50;
  const rows: VclusterRow[] = [];
  try {
    const ports = { clock: systemClock, random: systemRandom };
    const plain = createKubernetesClient(host);
    const cached = createCachedClient({ client: createKubernetesClient(host), ...ports }, FOLLOWED);
    for (const [index, [name, client]] of Object.entries({ 'by requests': plain, 'from memory': cached }).entries()) {
      const engine = createVclusterEngine({ host: client, settings: SETTINGS, clock: systemClock });
      const refs = Array.from({ length: count }, (_, at) => refOf(index * 10_000 + at));
      rows.push(await measureEngine(name, engine, refs, audit));
      await engine.close();
    }
    return rows;
  } finally {
    await host.end();
    await audit.remove();
  }
}

function table(rows: readonly VclusterRow[]): string {
  return markdown(
    ['reads', 'clusters', 'ms to apply one', 'calls', 'ms to observe one', 'calls'],
    rows.map(({ name, clusters, applyMs, callsToApply, observeMs, callsToObserve }) => [
      name,
      String(clusters),
      applyMs.toFixed(0),
      callsToApply.toFixed(1),
      observeMs.toFixed(1),
      callsToObserve.toFixed(1),
    ]),
  );
}

/** The engine `vcluster` on a host without nodes, so that its clusters start and never get ready: what it asks the host. */
export const vcluster: Part<readonly VclusterRow[]> = { measure, table };
