import { systemClock, systemRandom } from '@openkupe/contract';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyClass, CLUSTER_API_PROGRAMS, installDefinitions } from '../../../../../conformance/kubernetes/cluster-api-host.ts';
import { HOST_PROGRAMS, type Host, startHost } from '../../../../../conformance/kubernetes/host.ts';
import { NEEDS_KUBERNETES } from '../../../../../conformance/kubernetes/programs.ts';
import type { ClusterEngine, ClusterRef } from '../engine.ts';
import { createCachedClient } from '../kubernetes/cached-client.ts';
import { createKubernetesClient, type KubernetesClient } from '../kubernetes/client.ts';
import type { KubernetesObject } from '../kubernetes/kubernetes-object.ts';
import { hostNamespace, labelsOf } from '../kubernetes/labels.ts';
import { createClusterApiEngine } from './cluster-api-engine.ts';
import type { ClusterApiSettings } from './cluster-api-settings.ts';
import type { Cluster } from './cluster-observation.ts';
import { CLUSTERS, FOLLOWED, NAMESPACES } from './host-resources.ts';
import { dedicated, IN_MEMORY } from './testing/settings.ts';

const SECRETS = { apiVersion: 'v1', plural: 'secrets' };
const tokenReview = { url: 'https://127.0.0.1:1/webhook/token-review', credentialFor: (uid: string) => `${uid}.mac` };

/** What the engine writes on the host and reads there. The APIs are those of Cluster API; nothing works on the objects but these tests. */
describe.skipIf(!HOST_PROGRAMS || !CLUSTER_API_PROGRAMS)(`the Cluster API engine on a real host ${NEEDS_KUBERNETES}`, () => {
  let host: Host;
  let client: KubernetesClient;
  let engine: ClusterEngine;
  let ref: ClusterRef;
  let count = 0;
  /** What was observed before there was anything of Cluster API, and before there was a ClusterClass. */
  const early: unknown[] = [];
  beforeAll(async () => {
    host = await startHost();
    open();
    early.push(await engine.observe(ref), await engine.apply(ref, dedicated('1.35'), 1).catch(String), await engine.observe(ref));
    await engine.close();
    await installDefinitions(host);
    open();
    early.push(await engine.observe({ ...ref, uid: 'another' }));
    await engine.close();
    await applyClass(host, IN_MEMORY.clusterClass.namespace, '1s');
  });
  afterAll(() => host?.end());
  beforeEach(() => open());
  afterEach(async () => {
    client.close();
    await engine.close();
  });

  function open(settings: ClusterApiSettings = IN_MEMORY): void {
    count += 1;
    client = createKubernetesClient(host);
    engine = createClusterApiEngine({
      host: createKubernetesClient(host),
      settings,
      clock: systemClock,
      tokenReview,
    });
    ref = { tenant: 'acme', name: 'production', uid: `${1_000_000 + count}`, type: 'dedicated' };
  }
  const named = () => ({ namespace: hostNamespace(ref), name: ref.name });
  const cluster = async () => (await client.get<Cluster>(CLUSTERS, named())) as Cluster;
  const namespace = () => client.get(NAMESPACES, { name: hostNamespace(ref) });
  /** Changes an object as another program does. */
  async function patch(path: string, body: object): Promise<void> {
    const { namespace, name } = named();
    const at = `/apis/cluster.x-k8s.io/v1beta2/namespaces/${namespace}/clusters/${name}${path}`;
    const answer = await host.ask('PATCH', `${at}?fieldManager=kubectl`, body, 'application/merge-patch+json');
    expect(answer.status, answer.body).toBe(200);
  }
  const makeNamespace = (labels: Record<string, string>) =>
    client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: hostNamespace(ref), labels } });

  it('says what is missing on the host, and applies nothing meanwhile', () => {
    const blocked = { appliedGeneration: Number.POSITIVE_INFINITY, isFaulty: true };
    expect(early).toMatchObject([
      { ...blocked, exists: false, reason: 'The host has no Cluster API (cluster.x-k8s.io/v1beta2)' },
      'Error: The host has no Cluster API (cluster.x-k8s.io/v1beta2)',
      { ...blocked, exists: true, reason: 'The host has no Cluster API (cluster.x-k8s.io/v1beta2)' },
      { ...blocked, exists: false, reason: 'There is no ClusterClass "in-memory" in namespace "kupe-classes" on the host' },
    ]);
  });

  it('applies one Cluster as one field manager, as often as it is asked to, and nothing older', async () => {
    await engine.apply(ref, dedicated('1.36'), 2);
    const first = await cluster();
    await engine.apply(ref, dedicated('1.36'), 2);
    await engine.apply(ref, dedicated('1.35'), 1);
    expect((await cluster()).metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    await engine.apply(ref, dedicated('1.36', { resources: { cpu: '9' } }), 3);
    expect((await cluster()).spec?.topology?.workers.machineDeployments).toMatchObject([{ name: 'md-0', replicas: 3 }]);
    expect(await engine.observe(ref)).toMatchObject({ exists: true, isReady: false, appliedGeneration: 3, isFaulty: false });
  });

  it('puts back what another program has changed of its fields, and leaves the others alone', async () => {
    await engine.apply(ref, dedicated('1.35'), 1);
    await patch('', { spec: { paused: true, topology: { controlPlane: { replicas: 5 } } } });
    expect(await engine.observe(ref)).toMatchObject({ appliedGeneration: 0, reason: expect.stringContaining('paused') });
    await engine.apply(ref, dedicated('1.35'), 1);
    expect((await cluster()).spec).toMatchObject({ paused: true, topology: { controlPlane: { replicas: 1 } } });
    expect((await engine.observe(ref)).appliedGeneration).toBe(1);
  });

  it('says within a second that a Cluster was changed or removed', async () => {
    const changed: string[] = [];
    await engine.close();
    const ports = { client: createKubernetesClient(host), clock: systemClock, random: systemRandom };
    engine = createClusterApiEngine({ host: createCachedClient(ports, FOLLOWED), settings: IN_MEMORY, clock: systemClock, tokenReview });
    await engine.apply(ref, dedicated('1.35'), 1);
    engine.onChange?.(({ tenant, name }) => changed.push(`${tenant}/${name}`));
    // NOTE: the watch may have to begin; what it says from then on comes at once.
    await expect
      .poll(() => patch('', { metadata: { annotations: { at: `${performance.now()}` } } }).then(() => changed.length))
      .toBeGreaterThan(0);
    for (const act of [() => patch('', { spec: { paused: true } }), () => client.delete(CLUSTERS, named())]) {
      const before = changed.length;
      const beganMs = performance.now();
      await act();
      await expect.poll(() => changed.length, { interval: 10 }).toBeGreaterThan(before);
      expect(performance.now() - beganMs).toBeLessThan(1_000);
    }
    expect(new Set(changed)).toEqual(new Set(['acme/production']));
  });

  it('takes over no namespace and no Cluster of something else, and deletes neither', async () => {
    await makeNamespace({ 'kupe.io/cluster-uid': 'another', 'app.kubernetes.io/managed-by': 'openkupe' });
    const foreign = `The Namespace "${hostNamespace(ref)}" of the host cluster is not of this cluster; move it away, then it goes on by itself`;
    expect(await engine.observe(ref)).toMatchObject({ exists: false, reason: foreign, isFaulty: true });
    await expect(engine.apply(ref, dedicated('1.35'), 1)).rejects.toThrow(foreign);
    expect(await engine.destroy(ref)).toBe('gone');
    expect((await namespace())?.metadata.deletionTimestamp).toBeUndefined();

    open();
    await engine.apply(ref, dedicated('1.35'), 1);
    await patch('', { metadata: { labels: { 'kupe.io/cluster-uid': 'another' } } });
    expect(await engine.observe(ref)).toMatchObject({
      exists: false,
      reason: expect.stringMatching(/^The Cluster "production" in the namespace "kupe-.*" .* is not of this cluster; move it away/),
    });
    await expect(engine.apply(ref, dedicated('1.36'), 2)).rejects.toThrow('is not of this cluster');
    await expect(engine.destroy(ref)).rejects.toThrow('which is not openkupe');
    expect((await cluster()).metadata.deletionTimestamp).toBeUndefined();
    expect((await namespace())?.metadata.deletionTimestamp).toBeUndefined();
  });

  it('says why the host refuses a Cluster, without the credential in it, until it is applied', async () => {
    const settings = { ...IN_MEMORY, variables: { kupeTokenWebhook: { from: 'tokenWebhook' } } } as const;
    open(settings);
    const metadata = { name: 'refuses-production' };
    const at = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic';
    const clusters = { apiGroups: ['cluster.x-k8s.io'], apiVersions: ['*'], operations: ['CREATE'], resources: ['clusters'] };
    const policy = {
      matchConstraints: { resourceRules: [clusters] },
      matchConditions: [{ name: 'this', expression: `object.metadata.namespace == '${hostNamespace(ref)}'` }],
      validations: [{ expression: 'false', messageExpression: "'the value ' + object.spec.topology.variables[0].value + ' is wrong'" }],
    };
    await host.ask('POST', `${at}ies`, { metadata, spec: policy });
    await host.ask('POST', `${at}ybindings`, { metadata, spec: { policyName: 'refuses-production', validationActions: ['Deny'] } });
    await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: hostNamespace(ref), labels: labelsOf(ref) } });
    const applied = () =>
      engine.apply(ref, dedicated('1.35'), 1).then(
        () => client.delete(CLUSTERS, named()).then(() => ''),
        (error: Error) => error.message,
      );
    await expect.poll(applied, { timeout: 30_000 }).toContain('"token":"1000');
    expect(await applied()).not.toContain(`${ref.uid}.mac`);
    expect(await engine.observe(ref)).toMatchObject({
      exists: true,
      isFaulty: true,
      reason: expect.stringMatching(/^The host refuses its Cluster: .*refuses-production/),
    });
    await host.ask('DELETE', `${at}ybindings/refuses-production`);
    await expect.poll(applied, { timeout: 30_000 }).toBe('');
    await engine.apply(ref, dedicated('1.35'), 1);
    expect(await engine.observe(ref)).toMatchObject({ appliedGeneration: 1, isFaulty: false });
  });

  it('deletes the Cluster first, and the namespace once that is gone', async () => {
    await engine.apply(ref, dedicated('1.35'), 1);
    await patch('', { metadata: { finalizers: ['tests.openkupe.dev/held'] } });
    for (const _time of [1, 2]) expect(await engine.destroy(ref)).toBe('deleting');
    expect((await cluster()).metadata.deletionTimestamp).toBeDefined();
    expect((await namespace())?.metadata.deletionTimestamp).toBeUndefined();
    expect(await engine.observe(ref)).toMatchObject({ exists: true, isReady: false });
    await expect(engine.apply(ref, dedicated('1.36'), 2)).rejects.toThrow('is being deleted');

    await patch('', { metadata: { finalizers: null } });
    expect(await engine.destroy(ref)).toBe('deleting');
    expect(await engine.observe(ref)).toMatchObject({ exists: true, reason: expect.stringContaining('namespace') });
    await expect.poll(() => engine.destroy(ref), { timeout: 30_000 }).toBe('gone');
    expect((await engine.observe(ref)).exists).toBe(false);
  });

  it('reads access from the Secret of Cluster API, and trusts no other', async () => {
    await engine.apply(ref, dedicated('1.35'), 1);
    expect(await engine.access(ref)).toBeUndefined();
    const secret = (type: string, labels: Record<string, string>) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'production-kubeconfig', namespace: hostNamespace(ref), labels },
      type,
      stringData: { value: KUBECONFIG },
    });
    const KUBECONFIG = JSON.stringify({
      'current-context': 'a',
      contexts: [{ name: 'a', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: host.server, 'certificate-authority-data': Buffer.from(host.caPem).toString('base64') } }],
      users: [{ name: 'u', user: { token: 'wrong' } }],
    });
    await client.create(SECRETS, secret('Opaque', { 'cluster.x-k8s.io/cluster-name': 'production' }) as KubernetesObject);
    await expect(engine.access(ref)).rejects.toThrow('is not one of Cluster API');
    expect(await engine.observe(ref)).toMatchObject({ isReady: false, reason: expect.stringContaining('is not one of Cluster API') });
    await client.delete(SECRETS, { namespace: hostNamespace(ref), name: 'production-kubeconfig' });
    const right = secret('cluster.x-k8s.io/secret', { 'cluster.x-k8s.io/cluster-name': 'production' });
    await client.create(SECRETS, right as KubernetesObject);
    expect(await engine.access(ref)).toEqual({ endpoint: host.server, caPem: host.caPem });
  });

  it('loses nothing while the host does not answer', async () => {
    await engine.apply(ref, dedicated('1.35'), 1);
    const before = await engine.observe(ref);
    await host.processes['kube-apiserver'].kill();
    const asked = await Promise.allSettled([engine.observe(ref), engine.access(ref), engine.destroy(ref)]);
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    host.processes['kube-apiserver'].start();
    await host.untilReady();
    expect(await engine.observe(ref)).toEqual(before);
    expect((await cluster()).metadata.deletionTimestamp).toBeUndefined();
  });
});
