import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock, systemRandom } from '@openkupe/contract';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Host, startHost } from '../../../../../conformance/kubernetes/host.ts';
import { NEEDS_KUBERNETES } from '../../../../../conformance/kubernetes/programs.ts';
import type { ClusterEngine, ClusterRef, Observation } from '../engine.ts';
import { createCachedClient } from '../kubernetes/cached-client.ts';
import { createKubernetesClient, type KubernetesClient } from '../kubernetes/client.ts';
import { hostNames } from './host-names.ts';
import { FOLLOWED, type HostObject, keyOf, NAMESPACES } from './host-object.ts';
import { renderCluster } from './render.ts';
import { readLive } from './settle.ts';
import { NEWER, OLDER, REF, SETTINGS, SPEC } from './testing/samples.ts';
import { clear, createStandIn, NODE_PORTS, PROGRAMS, type StandIn } from './testing/stand-in.ts';
import { createVclusterEngine } from './vcluster-engine.ts';

const settings = { ...SETTINGS, exposure: { by: 'node-port', host: '127.0.0.1' } } as const;
/** Faults are reported once they have lasted; this clock says that they have. */
const later = { ...systemClock, now: () => systemClock.now() + 60_000 };
const SLOW_MS = 180_000;

/** A client that fails after so many writes, as the process would that is killed then. */
function failingAfter(client: KubernetesClient, writes: number): KubernetesClient {
  let left = writes;
  const write = <T>(send: () => Promise<T>): Promise<T> => {
    if (left === 0) return Promise.reject(new Error('killed'));
    left -= 1;
    return send();
  };
  return {
    ...client,
    apply: (...given) => write(() => client.apply(...given)),
    create: (...given) => write(() => client.create(...given)),
  };
}

describe.skipIf(!PROGRAMS)(`a host cluster with faults ${NEEDS_KUBERNETES}`, () => {
  let host: Host;
  let standIn: StandIn;
  let client: KubernetesClient;
  let engine: ClusterEngine;
  let lives = 0;
  let ref: ClusterRef = REF;

  beforeAll(async () => {
    host = await startHost({ nodes: 3, apiServerFlags: [NODE_PORTS] });
    standIn = await createStandIn(host);
  }, SLOW_MS);
  afterAll(async () => {
    await standIn?.end();
    await host?.end();
  });
  afterEach(async () => {
    await engine?.close();
    standIn.hasStorage = true;
    await clear(host);
  }, SLOW_MS);

  /** A cluster of its own for a test, and an engine. */
  function begin(clock = later, change: (made: KubernetesClient) => KubernetesClient = (made) => made): void {
    lives += 1;
    ref = { ...REF, uid: `life-${lives}` };
    client = createKubernetesClient(host);
    engine = createVclusterEngine({ host: change(createKubernetesClient(host)), settings, clock });
  }
  const namespace = () => hostNames(ref).namespace;
  const patch = (path: string, body: object) => host.ask('PATCH', path, body, 'application/merge-patch+json');
  async function untilObserved(matches: (seen: Observation) => boolean): Promise<Observation> {
    for (let attempt = 0; ; attempt += 1) {
      const seen = await engine.observe(ref);
      if (matches(seen) || attempt > 150) return seen;
      await sleep(200);
    }
  }

  it(
    'is finished by another process, wherever the first one was killed',
    async () => {
      const wanted = renderCluster(REF, SPEC, NEWER, settings);
      for (let writes = 1; writes <= wanted.length; writes += 1) {
        begin(later, (made) => failingAfter(made, writes));
        await expect(engine.apply(ref, SPEC, 1)).rejects.toThrow('killed');
        await engine.close();
        engine = createVclusterEngine({ host: createKubernetesClient(host), settings, clock: later });
        expect(await engine.observe(ref)).toMatchObject({ exists: true, appliedGeneration: 1 });
        expect([...(await readLive(client, ref)).keys()].sort()).toEqual(wanted.map(keyOf).sort());
      }
    },
    SLOW_MS,
  );

  it(
    'is left as it is while it agrees, and put right where others changed or deleted something',
    async () => {
      begin();
      await engine.apply(ref, SPEC, 1);
      const versions = async () =>
        [...(await readLive(client, ref)).values()].map((object) => [keyOf(object), object.metadata.uid, object.metadata.generation]);
      const before = await versions();
      await engine.observe(ref);
      expect(await versions()).toEqual(before);

      const quota = `/api/v1/namespaces/${namespace()}/resourcequotas/openkupe`;
      await patch(quota, { spec: { hard: { 'requests.cpu': '1000' } } });
      await patch(`/apis/apps/v1/namespaces/${namespace()}/statefulsets/production`, { spec: { replicas: 0 } });
      await host.ask('DELETE', `/api/v1/namespaces/${namespace()}/services/production`);
      await host.ask('DELETE', `/api/v1/namespaces/${namespace()}/secrets/vc-config-production`);
      await engine.observe(ref);
      expect(JSON.parse((await host.ask('GET', quota)).body).spec.hard['requests.cpu']).toBe('2220m');
      const live = await readLive(client, ref);
      expect(live.get('StatefulSet/production')?.spec).toMatchObject({ replicas: 1 });
      expect([...live.keys()].sort()).toEqual(before.map(([key]) => key).sort());
    },
    SLOW_MS,
  );

  it(
    'takes another quota without a restart of the control plane',
    async () => {
      begin();
      await engine.apply(ref, SPEC, 1);
      const generation = async () => (await readLive(client, ref)).get('StatefulSet/production')?.metadata.generation;
      const before = await generation();
      await engine.apply(ref, { ...SPEC, resources: { cpu: '8' } }, 2);
      expect(await generation()).toBe(before);
      expect((await readLive(client, ref)).get('ResourceQuota/openkupe')?.spec).toMatchObject({ hard: { 'requests.cpu': '8220m' } });
    },
    SLOW_MS,
  );

  it(
    'deletes what is no longer wanted, and nothing of others',
    async () => {
      begin();
      await engine.apply(ref, SPEC, 1);
      const others = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'of-others', namespace: namespace() } };
      await host.ask('POST', `/api/v1/namespaces/${namespace()}/secrets`, others);
      const surplus = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'surplus', namespace: namespace(), labels: hostNames(ref).labels },
        spec: { ports: [{ port: 80 }] },
      };
      await host.ask('POST', `/api/v1/namespaces/${namespace()}/services`, surplus);
      await engine.observe(ref);
      expect((await host.ask('GET', `/api/v1/namespaces/${namespace()}/services/surplus`)).status).toBe(404);
      expect((await host.ask('GET', `/api/v1/namespaces/${namespace()}/secrets/of-others`)).status).toBe(200);
    },
    SLOW_MS,
  );

  it(
    'keeps what a vCluster has copied from a tenant, who gave it the mark of the cluster',
    async () => {
      begin();
      await engine.apply(ref, SPEC, 1);
      const labels = { ...hostNames(ref).labels, 'vcluster.loft.sh/managed-by': 'production' };
      const copied = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'own-x-default-x-production', namespace: namespace(), labels } };
      await host.ask('POST', `/api/v1/namespaces/${namespace()}/secrets`, copied);
      await engine.observe(ref);
      expect((await host.ask('GET', `/api/v1/namespaces/${namespace()}/secrets/${copied.metadata.name}`)).status).toBe(200);
      expect([...(await readLive(client, ref)).keys()]).not.toContain(`Secret/${copied.metadata.name}`);
    },
    SLOW_MS,
  );

  it(
    'takes over nothing that another has made between its read and its write',
    async () => {
      const path = () => `/api/v1/namespaces/${namespace()}/services`;
      begin(later, (made) => ({
        ...made,
        async get(resource, name, options) {
          const found = await made.get(resource, name, options);
          if (resource.plural !== 'services' || name.name !== 'production' || found !== undefined) return found as never;
          const metadata = { name: 'production', namespace: namespace() };
          await host.ask('POST', path(), { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 80 }] } });
          return undefined;
        },
      }));
      await expect(engine.apply(ref, SPEC, 1)).rejects.toMatchObject({ reason: 'Conflict' });
      const { metadata, spec } = JSON.parse((await host.ask('GET', `${path()}/production`)).body);
      expect([metadata.labels, spec.type, spec.ports.length]).toEqual([undefined, 'ClusterIP', 1]);
    },
    SLOW_MS,
  );

  it(
    'is asked for again where the annotation that says it was changed by others',
    async () => {
      begin();
      await engine.apply(ref, SPEC, 1);
      await patch(`/api/v1/namespaces/${namespace()}`, { metadata: { annotations: { 'kupe.io/desired': '{"generation":1}' } } });
      expect(await engine.observe(ref)).toMatchObject({ exists: true, appliedGeneration: 0 });
      await engine.apply(ref, SPEC, 1);
      expect(await engine.observe(ref)).toMatchObject({ exists: true, appliedGeneration: 1 });
    },
    SLOW_MS,
  );

  it(
    'keeps a namespace of another owner, and says so',
    async () => {
      begin();
      await host.ask('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace() } });
      await expect(engine.apply(ref, SPEC, 1)).rejects.toThrow(/is not of this cluster/);
      expect(await engine.observe(ref)).toMatchObject({
        exists: false,
        isFaulty: true,
        reason: expect.stringContaining(`"${namespace()}"`),
      });
      expect(await engine.destroy(ref)).toBe('gone');
      const kept = await client.get<HostObject>(NAMESPACES, { name: namespace() });
      expect(kept?.metadata.deletionTimestamp).toBeUndefined();
      await host.ask('DELETE', `/api/v1/namespaces/${namespace()}`);
    },
    SLOW_MS,
  );

  it(
    'keeps an object of another owner, and says so',
    async () => {
      begin(later, (made) => failingAfter(made, 3));
      await engine.apply(ref, SPEC, 1).catch(() => {});
      await engine.close();
      engine = createVclusterEngine({ host: createKubernetesClient(host), settings, clock: later });
      const path = `/api/v1/namespaces/${namespace()}/services`;
      const service = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'production', namespace: namespace() },
        spec: { ports: [{ port: 80 }] },
      };
      await host.ask('POST', path, service);
      expect(await engine.observe(ref)).toMatchObject({
        exists: true,
        isFaulty: true,
        reason: expect.stringContaining('The Service "production"'),
      });
      expect(JSON.parse((await host.ask('GET', `${path}/production`)).body).spec.ports[0].port).toBe(80);
      await host.ask('DELETE', `${path}/production`);
      expect(await engine.observe(ref)).toMatchObject({ isFaulty: false });
    },
    SLOW_MS,
  );

  it(
    'says that a volume is not there, that no node takes the pod, and that a quota refuses it',
    async () => {
      begin();
      standIn.hasStorage = false;
      await engine.apply(ref, SPEC, 1);
      expect(await untilObserved(({ reason }) => /volume/.test(reason))).toMatchObject({
        isFaulty: false,
        reason: expect.stringMatching(/^The volume "data-production-0" of its control plane is not there yet: no persistent volumes/),
      });
      for (const index of [0, 1, 2]) await patch(`/api/v1/nodes/fake-${index}`, { spec: { unschedulable: true } });
      standIn.hasStorage = true;
      await standIn.act();
      expect(await untilObserved(({ reason }) => /No node/.test(reason))).toMatchObject({
        isFaulty: false,
        reason: expect.stringMatching(/^No node of the host takes the pod "production-0": 0\/3 nodes are available/),
      });
      for (const index of [0, 1, 2]) await patch(`/api/v1/nodes/fake-${index}`, { spec: { unschedulable: false } });
      const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'of-operator' }, spec: { hard: { pods: '0' } } };
      await host.ask('POST', `/api/v1/namespaces/${namespace()}/resourcequotas`, quota);
      await host.ask('DELETE', `/api/v1/namespaces/${namespace()}/pods/production-0`);
      expect(await untilObserved(({ reason }) => /refused/.test(reason))).toMatchObject({
        isFaulty: true,
        reason: expect.stringMatching(/^The pods of its control plane are refused: .*exceeded quota: of-operator/),
      });
      expect((await host.ask('GET', `/api/v1/namespaces/${namespace()}/resourcequotas/of-operator`)).status).toBe(200);
    },
    SLOW_MS,
  );

  it(
    'keeps the StorageClass of a cluster when the setting is another one, without a restart of its control plane',
    async () => {
      begin();
      await engine.apply(ref, { ...SPEC, highAvailability: true }, 1);
      const sets = async () => [...(await readLive(client, ref)).values()].filter(({ kind }) => kind === 'StatefulSet');
      const before = (await sets()).map(({ metadata, spec }) => [metadata.uid, metadata.generation, spec]);
      await engine.close();
      engine = createVclusterEngine({
        host: createKubernetesClient(host),
        settings: { ...settings, storageClass: 'faster' },
        clock: later,
      });
      await engine.apply(ref, { ...SPEC, highAvailability: true, resources: { cpu: '3' } }, 2);
      expect(await engine.observe(ref)).toMatchObject({ isFaulty: false, appliedGeneration: 2 });
      expect((await sets()).map(({ metadata, spec }) => [metadata.uid, metadata.generation, spec])).toEqual(before);
      const other = { ...ref, uid: `${ref.uid}-other` };
      await engine.apply(other, SPEC, 1);
      const made = (await readLive(client, other)).get('StatefulSet/production')?.spec;
      expect(made).toMatchObject({ volumeClaimTemplates: [{ spec: { storageClassName: 'faster' } }] });
    },
    SLOW_MS,
  );

  it(
    'may still hold a Secret while its API server cannot be reached, and holds none once it is being destroyed',
    async () => {
      begin();
      const secret = { namespace: 'default', name: 'database', owner: 'uid-secret' };
      expect(await engine.deleteSecret(ref, secret)).toBe('gone');
      await engine.apply(ref, SPEC, 1);
      await standIn.settle();
      expect(await engine.putSecret(ref, { ...secret, version: '1', data: { password: 'x' } })).toBe('stored');
      await engine.close();
      await host.ask('DELETE', `/api/v1/namespaces/${namespace()}/secrets/vc-production`);
      engine = createVclusterEngine({ host: createKubernetesClient(host), settings, clock: later });
      expect(await engine.deleteSecret(ref, secret)).toBe('not-ready');
      await standIn.settle();
      expect(await engine.deleteSecret(ref, secret)).toBe('gone');
      const held = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'held', finalizers: ['openkupe.test/held'] } };
      await host.ask('POST', `/api/v1/namespaces/${namespace()}/configmaps`, held);
      expect(await engine.destroy(ref)).toBe('deleting');
      expect(await engine.deleteSecret(ref, secret)).toBe('gone');
      await patch(`/api/v1/namespaces/${namespace()}/configmaps/held`, { metadata: { finalizers: null } });
    },
    SLOW_MS,
  );

  it(
    'says what a deletion waits for',
    async () => {
      begin();
      await engine.apply(ref, SPEC, 1);
      const held = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'held', finalizers: ['openkupe.test/held'] } };
      await host.ask('POST', `/api/v1/namespaces/${namespace()}/configmaps`, held);
      expect(await engine.destroy(ref)).toBe('deleting');
      expect(await untilObserved(({ reason }) => /waits on the host/.test(reason))).toMatchObject({
        exists: true,
        reason: expect.stringContaining('openkupe.test/held'),
      });
      expect(await engine.destroy(ref)).toBe('deleting');
      await expect(engine.apply(ref, SPEC, 2)).rejects.toThrow(/is being destroyed/);
      await patch(`/api/v1/namespaces/${namespace()}/configmaps/held`, { metadata: { finalizers: null } });
      expect(await untilObserved(({ exists }) => !exists)).toMatchObject({ exists: false });
      expect(await engine.destroy(ref)).toBe('gone');
    },
    SLOW_MS,
  );

  it(
    'loses nothing while its API server is away',
    async () => {
      begin();
      await engine.apply(ref, SPEC, 1);
      await standIn.settle();
      const before = await engine.observe(ref);
      const access = await engine.access(ref);
      expect(before).toMatchObject({ isReady: true, isRolledOut: true });
      await host.processes['kube-apiserver'].kill();
      await expect(engine.observe(ref)).rejects.toThrow();
      await expect(engine.destroy({ ...ref, uid: 'another' })).rejects.toThrow();
      await host.restartApiServer();
      expect(await engine.observe(ref)).toEqual(before);
      expect(await engine.access(ref)).toEqual(access);
    },
    SLOW_MS,
  );

  it(
    'shows an API server of a cluster that is killed, and that it is back',
    async () => {
      begin();
      await engine.apply(ref, SPEC, 1);
      await standIn.settle();
      expect(await engine.observe(ref)).toMatchObject({ isReady: true, isRolledOut: true });
      const withoutIt = { ...settings, versions: [OLDER] };
      const other = createVclusterEngine({ host: createKubernetesClient(host), settings: withoutIt, clock: later });
      expect(await other.observe(ref)).toMatchObject({
        isReady: true,
        isFaulty: true,
        runningVersion: NEWER.full,
        reason: 'Version "1.36" is not in the list of versions any more; ask for one that is',
      });
      await other.close();
      await standIn.kill(namespace());
      expect(await engine.observe(ref)).toMatchObject({ isReady: false, isRolledOut: false, reason: 'Its API server does not answer' });
      await standIn.settle();
      expect(await engine.observe(ref)).toMatchObject({ isReady: true, isRolledOut: true, reason: '' });
    },
    SLOW_MS,
  );

  it(
    'reports within a second that its control plane was changed or is going, and not what its tenant runs',
    async () => {
      begin();
      await engine.close();
      const ports = { client: createKubernetesClient(host), clock: systemClock, random: systemRandom };
      engine = createVclusterEngine({ host: createCachedClient(ports, FOLLOWED), settings, clock: later });
      await engine.apply(ref, SPEC, 1);
      await standIn.settle();
      expect(await untilObserved(({ isRolledOut }) => isRolledOut)).toMatchObject({ isRolledOut: true });
      const reported: string[] = [];
      engine.onChange?.(({ tenant, name }) => reported.push(`${tenant}/${name}`));
      const untilReported = async () => {
        const beganMs = performance.now();
        await expect.poll(() => reported.includes('acme/production'), { timeout: 10_000, interval: 5 }).toBe(true);
        expect(performance.now() - beganMs).toBeLessThan(1_000);
      };

      const own = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'of-tenant' } };
      const used = async () => {
        const { body } = await host.ask('GET', `/api/v1/namespaces/${namespace()}/resourcequotas/openkupe`);
        return JSON.parse(body).status.used['count/configmaps'];
      };
      const before = await used();
      await host.ask('POST', `/api/v1/namespaces/${namespace()}/configmaps`, own);
      await expect.poll(used, { timeout: 10_000 }).not.toBe(before);
      expect(reported).toEqual([]);

      await patch(`/apis/apps/v1/namespaces/${namespace()}/statefulsets/production`, { spec: { replicas: 0 } });
      await untilReported();
      expect(await engine.destroy(ref)).toBe('deleting');
      reported.length = 0;
      await expect.poll(async () => (await host.ask('GET', `/api/v1/namespaces/${namespace()}`)).status, { timeout: 60_000 }).toBe(404);
      await untilReported();
    },
    SLOW_MS,
  );

  it(
    'runs three replicas of both tiers for high availability',
    async () => {
      begin();
      await engine.apply(ref, { ...SPEC, highAvailability: true }, 1);
      expect((await engine.observe(ref)).replicas).toBeDefined();
      await standIn.settle();
      expect(await engine.observe(ref)).toMatchObject({ isRolledOut: true, replicas: { controlPlane: 3, etcd: 3 } });
    },
    SLOW_MS,
  );
});
