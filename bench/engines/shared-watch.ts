import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock, systemRandom } from '@openkupe/contract';
import { type Host, startHost } from '../../conformance/kubernetes/host.ts';
import { createKubernetesClient, type KubernetesClient } from '../../packages/server/src/engines/kubernetes/client.ts';
import { createInformer, type Informer } from '../../packages/server/src/engines/kubernetes/informer.ts';
import type { KubernetesObject } from '../../packages/server/src/engines/kubernetes/kubernetes-object.ts';
import { labelsOf } from '../../packages/server/src/engines/kubernetes/labels.ts';
import type { Part } from '../harness/benchmark.ts';
import { quantile } from '../harness/statistics.ts';
import { markdown } from '../harness/table.ts';
import { createAuditLog } from './audit-log.ts';

/** What many clusters cost their host at rest, and how fast a change is noticed. */
export interface SharedWatch {
  readonly clusters: number;
  readonly objects: number;
  readonly syncMs: number;
  readonly heapMib: number;
  readonly restSeconds: number;
  /** Requests in that time, and watches that were opened, as the audit log of the API server counts them. */
  readonly calls: number;
  readonly watches: number;
  readonly callsPerTenMinutes: number;
  readonly noticedMs: { readonly median: number; readonly p99: number };
}

/** The kinds of which a cluster has an object on its host. */
const KINDS = [
  { apiVersion: 'apps/v1', plural: 'statefulsets', kind: 'StatefulSet' },
  { apiVersion: 'v1', plural: 'services', kind: 'Service' },
  { apiVersion: 'v1', plural: 'secrets', kind: 'Secret' },
  { apiVersion: 'v1', plural: 'resourcequotas', kind: 'ResourceQuota' },
] as const;
const NAMESPACE = 'default';
const AT_ONCE = 20;
function objectsOf(uid: string): readonly KubernetesObject[] {
  const metadata = { name: uid, namespace: NAMESPACE, labels: labelsOf({ tenant: 'bench', name: uid, uid }) };
  const selector = { app: uid };
  const template = { metadata: { labels: selector }, spec: { containers: [{ name: 'one', image: 'none' }] } };
  const specs: Readonly<Record<string, object>> = {
    StatefulSet: { spec: { serviceName: uid, replicas: 0, selector: { matchLabels: selector }, template } },
    Service: { spec: { ports: [{ port: 443 }], clusterIP: 'None' } },
    Secret: { data: { config: 'AA==' } },
    ResourceQuota: { spec: { hard: { 'count/jobs.batch': '9' } } },
  };
  return KINDS.map(({ apiVersion, kind }) => ({ apiVersion, kind, metadata, ...specs[kind] }));
}

async function makeObjects(client: KubernetesClient, uids: readonly string[]): Promise<void> {
  for (let from = 0; from < uids.length; from += AT_ONCE)
    await Promise.all(
      uids
        .slice(from, from + AT_ONCE)
        .flatMap((uid) => objectsOf(uid).map((object, index) => client.apply(KINDS[index] ?? KINDS[0], object))),
    );
}

/** How long it takes from a write by another client until the informer reports it. */
async function noticeMs(host: Host, informer: Informer<KubernetesObject>, uids: readonly string[]): Promise<number[]> {
  const waiting = new Map<string, () => void>();
  informer.onChange((uid) => waiting.get(uid)?.());
  const times: number[] = [];
  for (const uid of uids) {
    const noticed = new Promise<void>((resolve) => waiting.set(uid, resolve));
    const beganMs = performance.now();
    const path = `/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets/${uid}`;
    await host.ask('PATCH', path, { metadata: { annotations: { changed: 'by-hand' } } }, 'application/merge-patch+json');
    await noticed;
    times.push(performance.now() - beganMs);
  }
  return times;
}

async function measure(isQuick: boolean): Promise<SharedWatch> {
  const audit = await createAuditLog();
  const host = await startHost({ apiServerFlags: audit.flags });
  const client = createKubernetesClient(host);
  const ports = { client, clock: systemClock, random: systemRandom };
  const informers: Informer<KubernetesObject>[] = [];
  try {
    const uids = Array.from({ length: isQuick ? 100 : 1_000 }, (_, index) => `cluster-${index}`);
    await makeObjects(client, uids);
    const heapAt = process.memoryUsage().heapUsed;
    const beganMs = performance.now();
    for (const resource of KINDS) informers.push(createInformer(ports, resource));
    while (!informers.every(({ isCurrent }) => isCurrent)) await sleep(5);
    const syncMs = performance.now() - beganMs;
    const heapMib = (process.memoryUsage().heapUsed - heapAt) / 2 ** 20;
    const missing = uids.filter((uid) => informers.some((informer) => informer.of(uid).length !== 1));
    if (missing.length > 0) throw new Error(`${missing.length} clusters are incomplete`);

    const before = await audit.count();
    const restSeconds = isQuick ? 10 : 120;
    await sleep(restSeconds * 1_000);
    const after = await audit.count();
    const calls = after.calls - before.calls;
    const times = await noticeMs(host, informers[0] as Informer<KubernetesObject>, uids.slice(0, isQuick ? 20 : 200));
    return {
      clusters: uids.length,
      objects: uids.length * KINDS.length,
      syncMs,
      heapMib,
      restSeconds,
      calls,
      watches: after.watches,
      callsPerTenMinutes: (calls / uids.length / restSeconds) * 600,
      noticedMs: { median: quantile(times, 0.5), p99: quantile(times, 0.99) },
    };
  } finally {
    for (const informer of informers) await informer.close();
    client.close();
    await host.end();
    await audit.remove();
  }
}

function table(result: SharedWatch): string {
  return markdown(
    [
      'clusters',
      'objects',
      'ms of the first lists',
      'MiB of heap',
      'watches',
      `calls in ${result.restSeconds} s at rest`,
      'ms until a change is noticed, median',
      'p99',
    ],
    [
      [
        String(result.clusters),
        String(result.objects),
        result.syncMs.toFixed(0),
        result.heapMib.toFixed(1),
        String(result.watches),
        String(result.calls),
        result.noticedMs.median.toFixed(1),
        result.noticedMs.p99.toFixed(1),
      ],
    ],
  );
}

/** A thousand clusters on one host, followed by one watch per kind. */
export const sharedWatch: Part<SharedWatch> = { measure, table };
