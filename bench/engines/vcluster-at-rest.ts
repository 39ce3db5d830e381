import { createServer } from 'node:https';
import { createServer as createListener, type Server } from 'node:net';
import { systemClock, systemRandom } from '@openkupe/contract';
import { type Host, startHost } from '../../conformance/kubernetes/host.ts';
import type { ClusterEngine, ClusterRef } from '../../packages/server/src/engines/engine.ts';
import { createCachedClient } from '../../packages/server/src/engines/kubernetes/cached-client.ts';
import { createKubernetesClient } from '../../packages/server/src/engines/kubernetes/client.ts';
import { hostNames } from '../../packages/server/src/engines/vcluster/host-names.ts';
import { FOLLOWED } from '../../packages/server/src/engines/vcluster/host-object.ts';
import { NEWER, SETTINGS, SPEC } from '../../packages/server/src/engines/vcluster/testing/samples.ts';
import { createVclusterEngine } from '../../packages/server/src/engines/vcluster/vcluster-engine.ts';
import type { Part } from '../harness/benchmark.ts';
import { quantile } from '../harness/statistics.ts';
import { markdown } from '../harness/table.ts';
import { createAuditLog } from './audit-log.ts';

/** What many clusters of the engine cost their host. */
export interface VclusterAtRest {
  readonly clusters: number;
  readonly applyMs: number;
  readonly callsToApply: number;
  readonly observeMs: number;
  /** Of one cluster, checked once a minute, without watches. */
  readonly callsPerTenMinutes: number;
  readonly noticedMs: { readonly median: number; readonly p99: number };
}

const AT_ONCE = 16;
const CHECKS = 10;
const CHECK_MS = 60_000;
const SETTINGS_HERE = { ...SETTINGS, exposure: { by: 'node-port', host: '127.0.0.1' } } as const;
const NODE_PORTS = '--service-node-port-range=25000-27999';
const MERGE = 'application/merge-patch+json';

const refOf = (index: number): ClusterRef => {
  const uid = `${String(index).padStart(8, '0')}-0000-4000-8000-000000000000`;
  return { tenant: 'bench', name: `cluster-${index}`, uid, type: 'shared' };
};

async function each(refs: readonly ClusterRef[], work: (ref: ClusterRef) => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  const waiting = [...refs];
  const run = async () => {
    for (let ref = waiting.pop(); ref; ref = waiting.pop()) await work(ref);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
  return (performance.now() - beganMs) / refs.length;
}

/** Answers in place of the API servers of all clusters, each at its own port: that they are ready, and what was written there. */
async function startAnswering(host: Host) {
  const { certificatePem, keyPem } = await host.authority.issueServer();
  const admin = await host.authority.issueClient('O=system:masters,CN=admin');
  const written = new Map<string, string>();
  const tls = createServer({ cert: certificatePem, key: keyPem }, async (incoming, answer) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    const { method, socket } = incoming;
    const [path = ''] = (incoming.url ?? '').split('?');
    if (path === '/readyz') return answer.end('ok');
    if (path === '/version') return answer.end(JSON.stringify({ gitVersion: NEWER.full }));
    const key = `${socket.localPort} ${method === 'POST' ? `${path}/${JSON.parse(body).metadata.name}` : path}`;
    if (body !== '') written.set(key, body);
    const known = written.get(key);
    answer.statusCode = known ? 200 : 404;
    return answer.end(known ?? '{}');
  });
  const listeners: Server[] = [];
  return {
    admin,
    listen: (port: number) =>
      new Promise<void>((resolve) => {
        const listener = createListener((socket) => tls.emit('connection', socket)).listen(port, '127.0.0.1', resolve);
        listeners.push(listener);
      }),
    close() {
      tls.closeAllConnections();
      for (const listener of listeners) listener.close();
    },
  };
}

/** Has the control plane of a cluster be there, as its StatefulSet and its Secret say. */
async function makeReady(host: Host, ref: ClusterRef, { admin, listen }: Awaited<ReturnType<typeof startAnswering>>): Promise<void> {
  const { namespace, release } = hostNames(ref);
  const ask = async (method: string, path: string, body?: object, type?: string) => {
    const answer = await host.ask(method, path, body, type);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.body}`);
    return JSON.parse(answer.body);
  };
  const service = await ask('GET', `/api/v1/namespaces/${namespace}/services/${release}`);
  await listen(service.spec.ports.find(({ name }: { name: string }) => name === 'https').nodePort);
  const stringData = { 'certificate-authority': host.caPem, 'client-certificate': admin.certificatePem, 'client-key': admin.keyPem };
  await ask('POST', `/api/v1/namespaces/${namespace}/secrets`, { metadata: { name: `vc-${release}` }, stringData });
  const status = {
    observedGeneration: 1,
    replicas: 1,
    readyReplicas: 1,
    updatedReplicas: 1,
    currentRevision: 'one',
    updateRevision: 'one',
  };
  await ask('PATCH', `/apis/apps/v1/namespaces/${namespace}/statefulsets/${release}/status`, { status }, MERGE);
}

/** How long it takes from a write by another client until the engine reports the cluster. */
async function noticeMs(host: Host, engine: ClusterEngine, refs: readonly ClusterRef[]): Promise<number[]> {
  const waiting = new Map<string, () => void>();
  engine.onChange?.(({ name }) => waiting.get(name)?.());
  const times: number[] = [];
  for (const ref of refs) {
    const { namespace, release } = hostNames(ref);
    const noticed = new Promise<void>((resolve) => waiting.set(ref.name, resolve));
    const beganMs = performance.now();
    const path = `/apis/apps/v1/namespaces/${namespace}/statefulsets/${release}`;
    await host.ask('PATCH', path, { metadata: { annotations: { changed: 'by-hand' } } }, MERGE);
    await noticed;
    times.push(performance.now() - beganMs);
  }
  return times;
}

async function measure(isQuick: boolean): Promise<VclusterAtRest> {
  const audit = await createAuditLog();
  const host = await startHost({ apiServerFlags: [...audit.flags, NODE_PORTS] });
  const answering = await startAnswering(host);
  let aheadMs = 0;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + aheadMs };
  const ports = { client: createKubernetesClient(host), clock: systemClock, random: systemRandom };
  const engine = createVclusterEngine({ host: createCachedClient(ports, FOLLOWED), settings: SETTINGS_HERE, clock });
  try {
    // NOTE: nothing else works on the objects, so that the status of the StatefulSets stays.
    for (const name of ['kube-controller-manager', 'kube-scheduler'] as const) await host.processes[name].kill();
    const refs = Array.from({ length: isQuick ? 20 : 150 }, (_, index) => refOf(index));
    const callsOf = async (work: () => Promise<unknown>) => {
      const before = await audit.count();
      await work();
      return ((await audit.count()).calls - before.calls) / refs.length;
    };
    let applyMs = 0;
    const callsToApply = await callsOf(async () => {
      applyMs = await each(refs, (ref) => engine.apply(ref, { ...SPEC, version: NEWER.minor }, 1));
    });
    await each(refs, (ref) => makeReady(host, ref, answering));
    const observeAll = () =>
      each(refs, async (ref) => {
        const seen = await engine.observe(ref);
        if (!seen.isRolledOut) throw new Error(`Cluster "${ref.name}" is not at rest: ${JSON.stringify(seen)}`);
      });
    await observeAll();
    let observeMs = 0;
    const callsPerTenMinutes = await callsOf(async () => {
      for (let check = 0; check < CHECKS; check += 1) {
        aheadMs += CHECK_MS;
        observeMs += (await observeAll()) / CHECKS;
      }
    });
    const times = await noticeMs(host, engine, refs.slice(0, isQuick ? 5 : 50));
    const noticedMs = { median: quantile(times, 0.5), p99: quantile(times, 0.99) };
    return { clusters: refs.length, applyMs, callsToApply, observeMs, callsPerTenMinutes, noticedMs };
  } finally {
    await engine.close();
    answering.close();
    await host.end();
    await audit.remove();
  }
}

function table({ clusters, applyMs, callsToApply, observeMs, callsPerTenMinutes, noticedMs }: VclusterAtRest): string {
  return markdown(
    [
      'clusters',
      'ms to apply one',
      'calls',
      'ms to observe one',
      'calls in 10 minutes at rest',
      'ms until a change is noticed, median',
      'p99',
    ],
    [
      [
        String(clusters),
        applyMs.toFixed(0),
        callsToApply.toFixed(1),
        observeMs.toFixed(1),
        callsPerTenMinutes.toFixed(2),
        noticedMs.median.toFixed(0),
        noticedMs.p99.toFixed(0),
      ],
    ],
  );
}

/** Clusters of the engine `vcluster` at rest, each checked once a minute. */
export const vclusterAtRest: Part<VclusterAtRest> = { measure, table };
