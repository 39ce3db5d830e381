import { freePort } from '../../../../../../conformance/free-port.ts';
import type { Host } from '../../../../../../conformance/kubernetes/host.ts';
import { programsOf } from '../../../../../../conformance/kubernetes/programs.ts';
import { startTenantApiServers } from '../../testing/tenant-api-servers.ts';
import type { TopologySpec } from '../cluster-object.ts';

/** The programs of the host, those with the definitions of Cluster API, and two versions of Kubernetes; `undefined` where there can be none. */
export const PROGRAMS = programsOf('l1', 'v135', 'capi');

/**
 * Plays the controllers of Cluster API on a host that has its definitions alone: for each Cluster it starts a real kube-apiserver of the version of the
 * topology, writes the Secret with the kubeconfig, and says in the status that everything is there.
 */
export interface ClusterApiStandIn {
  /** Does what there is to do now in these namespaces. Resolves with whether every Cluster in them is as it should be. */
  act(namespaces: readonly string[]): Promise<boolean>;
  /** Ends the API server of a cluster, and lets its Cluster go. */
  remove(namespace: string): Promise<void>;
  end(): Promise<void>;
}

interface Cluster {
  readonly metadata: { readonly name: string; readonly generation: number; readonly deletionTimestamp?: string };
  readonly spec: TopologySpec;
}

const FINALIZER = 'tests.openkupe.dev/stand-in';
const MERGE = 'application/merge-patch+json';
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** The status of a Cluster that is completely as it should be. */
function statusOf({ metadata, spec: { topology } }: Cluster) {
  const lastTransitionTime = new Date().toISOString();
  const condition = (type: string, status: string) => ({ type, status, reason: 'StandIn', message: '', lastTransitionTime });
  const workers = topology.workers.machineDeployments.reduce((sum, { replicas }) => sum + replicas, 0);
  const whole = (count: number) => ({ desiredReplicas: count, replicas: count, upToDateReplicas: count, readyReplicas: count });
  const { replicas } = topology.controlPlane;
  return {
    observedGeneration: metadata.generation,
    conditions: [
      ...['Available', 'ControlPlaneInitialized', 'TopologyReconciled'].map((type) => condition(type, 'True')),
      condition('RollingOut', 'False'),
    ],
    controlPlane: { ...whole(replicas), versions: [{ version: topology.version, replicas }] },
    workers: whole(workers),
  };
}

/** Starts an etcd for the clusters; see {@link ClusterApiStandIn}. */
export async function createClusterApiStandIn(host: Host): Promise<ClusterApiStandIn> {
  const tenants = await startTenantApiServers(PROGRAMS ?? '');
  const ports = new Map<string, number>();
  const clustersIn = (namespace: string) => `/apis/cluster.x-k8s.io/v1beta2/namespaces/${namespace}/clusters`;
  async function send(method: string, path: string, body?: object, type?: string): Promise<void> {
    const answer = await host.ask(method, path, body, type);
    if (answer.status >= 300 && answer.status !== 404) throw new Error(`${method} ${path}: ${answer.body}`);
  }
  const list = async (namespace: string): Promise<Cluster[]> => JSON.parse((await host.ask('GET', clustersIn(namespace))).body).items ?? [];

  async function writeSecret(namespace: string, name: string, port: number): Promise<void> {
    const secrets = `/api/v1/namespaces/${namespace}/secrets`;
    const metadata = { name: `${name}-kubeconfig`, labels: { 'cluster.x-k8s.io/cluster-name': name } };
    if ((await host.ask('GET', `${secrets}/${metadata.name}`)).status === 200) return;
    const authority = tenants.authorityOf(namespace);
    const { certificatePem, keyPem } = await authority.issueClient('O=system:masters,CN=admin');
    const cluster = { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': base64(authority.caPem) };
    const user = { 'client-certificate-data': base64(certificatePem), 'client-key-data': base64(keyPem) };
    const kubeconfig = {
      'current-context': 'admin',
      contexts: [{ name: 'admin', context: { cluster: 'cluster', user: 'user' } }],
      clusters: [{ name: 'cluster', cluster }],
      users: [{ name: 'user', user }],
    };
    await send('POST', secrets, { metadata, type: 'cluster.x-k8s.io/secret', stringData: { value: JSON.stringify(kubeconfig) } });
  }

  async function release(namespace: string, { metadata }: Cluster): Promise<void> {
    await tenants.remove(namespace);
    await send('PATCH', `${clustersIn(namespace)}/${metadata.name}`, { metadata: { finalizers: null } }, MERGE);
  }

  /** One Cluster; whether it is as it should be. */
  async function actOn(namespace: string, cluster: Cluster): Promise<boolean> {
    const { metadata, spec } = cluster;
    if (metadata.deletionTimestamp !== undefined) {
      await release(namespace, cluster);
      return false;
    }
    const path = `${clustersIn(namespace)}/${metadata.name}`;
    await send('PATCH', path, { metadata: { finalizers: [FINALIZER] } }, MERGE);
    const port = ports.get(namespace) ?? (await freePort());
    ports.set(namespace, port);
    if (!(await tenants.run(namespace, { version: spec.topology.version, port }))) return false;
    await writeSecret(namespace, metadata.name, port);
    await send('PATCH', `${path}/status`, { status: statusOf(cluster) }, MERGE);
    return true;
  }

  return {
    async act(namespaces) {
      let isDone = true;
      for (const namespace of namespaces) {
        for (const cluster of await list(namespace)) {
          const isAsWanted = await actOn(namespace, cluster);
          isDone &&= isAsWanted;
        }
      }
      return isDone;
    },
    async remove(namespace) {
      for (const cluster of await list(namespace)) await release(namespace, cluster);
      await tenants.remove(namespace);
    },
    end: () => tenants.end(),
  };
}
