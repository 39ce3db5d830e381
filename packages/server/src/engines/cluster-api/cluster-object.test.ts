import { describe, expect, it } from 'vitest';
import { clusterObject, hasDrifted, lastGeneration, topologySpec } from './cluster-object.ts';
import { nodesFor } from './nodes-for.ts';
import { dedicated, IN_MEMORY } from './testing/settings.ts';

const REF = { tenant: 'acme', name: 'production', uid: '0a1b2c3d4e5f', type: 'dedicated' } as const;
const WEBHOOKS = { tokenWebhook: 'a kubeconfig', accessWebhook: 'another' };
const render = (spec = dedicated('1.35'), generation = 1) => clusterObject(REF, topologySpec(IN_MEMORY, REF, spec, WEBHOOKS), generation);

describe('the Cluster of a cluster', () => {
  it('has a managed topology of the ClusterClass, in a namespace of its own, with the marks', () => {
    expect(render()).toMatchObject({
      apiVersion: 'cluster.x-k8s.io/v1beta2',
      kind: 'Cluster',
      metadata: {
        name: 'production',
        namespace: 'kupe-0a1b2c3d-production',
        labels: {
          'kupe.io/tenant': 'acme',
          'kupe.io/cluster': 'production',
          'kupe.io/cluster-uid': REF.uid,
          'app.kubernetes.io/managed-by': 'openkupe',
        },
      },
      spec: {
        clusterNetwork: {
          pods: { cidrBlocks: ['192.168.0.0/16'] },
          services: { cidrBlocks: ['10.128.0.0/12'] },
          serviceDomain: 'cluster.local',
        },
        topology: {
          classRef: { name: 'in-memory', namespace: 'kupe-classes' },
          version: 'v1.35.4',
          controlPlane: { replicas: 1 },
          workers: { machineDeployments: [{ class: 'default-worker', name: 'md-0', replicas: 1 }] },
        },
      },
    });
  });

  it('has three replicas of the control plane with high availability', () => {
    expect(render(dedicated('1.35', { highAvailability: true })).spec.topology.controlPlane).toEqual({ replicas: 3 });
  });

  it('leaves the network to the ClusterClass where the settings have none', () => {
    const { network: _, ...settings } = IN_MEMORY;
    expect(topologySpec(settings, REF, dedicated('1.35'), WEBHOOKS)).not.toHaveProperty('clusterNetwork');
  });

  it('refuses a version that is not in the catalogue', () => {
    expect(() => render(dedicated('1.30'))).toThrow('Cannot run version "1.30" in cluster "production"');
  });

  it('fills the variables of the ClusterClass, and leaves out those without a value', () => {
    const settings = {
      ...IN_MEMORY,
      variables: {
        kupeTokenWebhook: { from: 'tokenWebhook' },
        kupeAccessWebhook: { from: 'accessWebhook' },
        kupeStorage: { from: 'storage' },
        owner: { from: 'tenant' },
        ha: { from: 'highAvailability' },
        region: { value: { name: 'fra' } },
      },
    } as const;
    expect(topologySpec(settings, REF, dedicated('1.35'), WEBHOOKS).topology.variables).toEqual([
      { name: 'kupeTokenWebhook', value: 'a kubeconfig' },
      { name: 'kupeAccessWebhook', value: 'another' },
      { name: 'owner', value: 'acme' },
      { name: 'ha', value: false },
      { name: 'region', value: { name: 'fra' } },
    ]);
  });
});

describe('nodes for the resources', () => {
  it.each([
    [{}, 1],
    [{ cpu: '4', memory: '16Gi' }, 1],
    [{ cpu: '4001m' }, 2],
    [{ cpu: '1', memory: '17Gi' }, 2],
    [{ cpu: '12.5' }, 4],
    [{ memory: '64G' }, 4],
    [{ storage: '900Ti' }, 1],
  ])('%o are %i', (resources, count) => {
    expect(nodesFor(IN_MEMORY, resources)).toBe(count);
  });
});

describe('drift', () => {
  const live = render(dedicated('1.35', { resources: { cpu: '8' } }), 4);
  it('is none where only other fields were added, as defaults and by other field managers', () => {
    const { topology } = live.spec;
    const pool = { ...topology.workers.machineDeployments[0], strategy: {}, replicas: 2 };
    const spec = {
      ...live.spec,
      paused: true,
      controlPlaneRef: {},
      topology: { ...topology, workers: { machineDeployments: [{ class: 'x', name: 'of-another' }, pool] } },
    };
    expect(hasDrifted({ ...live, spec })).toBe(false);
    expect(lastGeneration(live)).toBe(4);
  });
  it.each([
    ['a changed field', { ...live, spec: { ...live.spec, topology: { ...live.spec.topology, version: 'v1.36.3' } } }],
    ['a field that is gone', { ...live, spec: { topology: live.spec.topology } }],
    [
      'another number of nodes',
      { ...live, spec: { ...live.spec, topology: { ...live.spec.topology, workers: { machineDeployments: [] } } } },
    ],
    ['a record that is gone', { ...live, metadata: { ...live.metadata, annotations: {} } }],
    ['a record that is no JSON', { ...live, metadata: { ...live.metadata, annotations: { 'kupe.io/applied-spec': '{' } } }],
  ])('is %s', (_, changed) => {
    expect(hasDrifted(changed)).toBe(true);
  });
});
