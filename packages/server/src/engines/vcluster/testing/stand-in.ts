import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../../../../../../conformance/kubernetes/host.ts';
import { programsOf } from '../../../../../../conformance/kubernetes/programs.ts';
import { startTenantApiServers } from '../../testing/tenant-api-servers.ts';
import { TOKEN_WEBHOOK_FOLDER, tokenWebhookSecret } from '../cluster-values.ts';

/** The programs of the host, and of two versions of Kubernetes for the clusters; `undefined` where there can be none. */
export const PROGRAMS = programsOf('l1', 'kwok', 'v135');

/** The range of the host's node ports, in which the clusters' API servers listen on this machine. */
export const NODE_PORTS = '--service-node-port-range=27000-27999';

/**
 * Plays what the host of these tests lacks: the storage, and the program of vCluster. Where a control plane's pod runs (kwok says so), it starts
 * a real kube-apiserver of the version that the pod's image names, with the arguments and files that the values name, at the node port of the Service,
 * and writes the Secret `vc-NAME`.
 */
export interface StandIn {
  /** Does what there is to do now, in these namespaces, or all. Resolves with whether everything that was asked of the host has happened. */
  act(only?: readonly string[]): Promise<boolean>;
  /** Acts until nothing is left to do. */
  settle(only?: readonly string[]): Promise<void>;
  /** Kills the API server of a cluster; the next `act` starts another one. */
  kill(namespace: string): Promise<void>;
  /** Ends the API server of a cluster that nobody waits for any more. */
  remove(namespace: string): Promise<void>;
  /** Whether volumes are bound: on at first. */
  hasStorage: boolean;
  end(): Promise<void>;
}

interface Item {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly generation: number;
    readonly deletionTimestamp?: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: Record<string, never>;
  readonly status: Record<string, never>;
}

const MARKED = 'labelSelector=app.kubernetes.io/managed-by%3Dopenkupe';
const SETTLE_MS = 90_000;

/** Starts an etcd for the clusters; see {@link StandIn}. */
export async function createStandIn(host: Host): Promise<StandIn> {
  const tenants = await startTenantApiServers(PROGRAMS ?? '');

  const ask = async (method: string, path: string, body?: unknown, type?: string) => {
    const answer = await host.ask(method, path, body, type);
    if (answer.status >= 300 && ![404, 409].includes(answer.status)) throw new Error(`${method} ${path}: ${answer.body}`);
    return answer.status < 300 ? JSON.parse(answer.body) : {};
  };
  const list = async (path: string): Promise<Item[]> => (await ask('GET', path)).items ?? [];

  /** The texts in a Secret; none where it is not there. */
  async function textsIn(namespace: string, name: string): Promise<Record<string, string>> {
    const { data = {} } = (await ask('GET', `/api/v1/namespaces/${namespace}/secrets/${name}`)) as { data?: Record<string, string> };
    return Object.fromEntries(Object.entries(data).map(([file, text]) => [file, Buffer.from(text, 'base64').toString()]));
  }

  async function writeSecret(namespace: string, release: string): Promise<void> {
    const authority = tenants.authorityOf(namespace);
    if (Object.keys(await textsIn(namespace, `vc-${release}`)).length > 0) return;
    const { certificatePem, keyPem } = await authority.issueClient('O=system:masters,CN=admin');
    const texts = { 'certificate-authority': authority.caPem, 'client-certificate': certificatePem, 'client-key': keyPem };
    const data = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text).toString('base64')]));
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: `vc-${release}`, namespace }, type: 'Opaque', data };
    await ask('POST', `/api/v1/namespaces/${namespace}/secrets`, secret);
  }

  async function bindVolumes(namespace: string): Promise<void> {
    for (const { metadata, spec, status } of await list(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`)) {
      if (status.phase !== 'Pending') continue;
      const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: metadata.name, namespace, uid: metadata.uid };
      const { accessModes, resources } = spec as { accessModes?: unknown; resources?: { requests: unknown } };
      const volume = {
        accessModes,
        capacity: resources?.requests,
        claimRef,
        hostPath: { path: '/nowhere' },
        persistentVolumeReclaimPolicy: 'Retain',
      };
      const volumeName = `volume-${metadata.uid}`;
      const labels = { 'made-by': 'stand-in' };
      const object = { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: volumeName, labels }, spec: volume };
      await ask('POST', '/api/v1/persistentvolumes', object);
      const patch = { spec: { volumeName } };
      const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${metadata.name}`;
      await ask('PATCH', path, patch, 'application/merge-patch+json');
    }
  }

  /** The control plane of one namespace; whether it is as its StatefulSet says. */
  async function actIn(namespace: string): Promise<boolean> {
    if (standIn.hasStorage) await bindVolumes(namespace);
    const sets = await list(`/apis/apps/v1/namespaces/${namespace}/statefulsets?${MARKED}`);
    const main = sets.find(({ metadata }) => metadata.labels.app === 'vcluster');
    if (!main) return false;
    const release = main.metadata.name;
    const service = await ask('GET', `/api/v1/namespaces/${namespace}/services/${release}`);
    const port = service.spec?.ports.find(({ name }: { name: string }) => name === 'https')?.nodePort;
    const pods = await list(`/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Dvcluster`);
    const pod = pods.find(({ metadata, status }) => status.phase === 'Running' && metadata.deletionTimestamp === undefined);
    if (!pod || !port) return false;
    const image = (pod.spec as unknown as { initContainers: { image: string }[] }).initContainers[0]?.image ?? '';
    const { 'config.yaml': config = '{}' } = await textsIn(namespace, `vc-config-${release}`);
    const wanted = {
      version: image.slice(image.lastIndexOf(':') + 1),
      port,
      args: JSON.parse(config).controlPlane?.distro?.k8s?.apiServer?.extraArgs ?? [],
      files: await textsIn(namespace, tokenWebhookSecret(release)),
      filesAt: TOKEN_WEBHOOK_FOLDER,
    };
    if (!(await tenants.run(namespace, wanted))) return false;
    await writeSecret(namespace, release);
    return sets.every(({ metadata, spec, status: known }) => {
      const status = known as Record<string, unknown>;
      const isSeen = status.observedGeneration === metadata.generation && status.currentRevision === status.updateRevision;
      return isSeen && status.readyReplicas === spec.replicas && status.updatedReplicas === spec.replicas;
    });
  }

  const standIn: StandIn = {
    hasStorage: true,
    async act(only) {
      const isMeant = (name: string) => only === undefined || only.includes(name);
      const namespaces = (await list(`/api/v1/namespaces?${MARKED}`)).filter(({ metadata }) => isMeant(metadata.name));
      const names = new Set(namespaces.map(({ metadata }) => metadata.name));
      for (const name of tenants.names) if (isMeant(name) && !names.has(name)) await tenants.remove(name);
      let isDone = true;
      for (const { metadata } of namespaces) {
        const isGoing = metadata.deletionTimestamp !== undefined;
        if (isGoing) await tenants.remove(metadata.name);
        const isSettled = !isGoing && (await actIn(metadata.name));
        isDone &&= isSettled;
      }
      return isDone;
    },
    async settle(only) {
      for (const beganMs = Date.now(); !(await standIn.act(only)); await sleep(100)) {
        if (Date.now() - beganMs > SETTLE_MS) throw new Error(`The host did not do what was asked of it within ${SETTLE_MS} ms`);
      }
    },
    kill: (namespace) => tenants.kill(namespace),
    remove: (namespace) => tenants.remove(namespace),
    end: () => tenants.end(),
  };
  return standIn;
}

/** Deletes every namespace of openkupe on a host, and waits until they are gone. */
export async function clear(host: Host): Promise<void> {
  for (;;) {
    const { items } = JSON.parse((await host.ask('GET', `/api/v1/namespaces?${MARKED}`)).body) as { items: Item[] };
    if (items.length === 0) break;
    for (const { metadata } of items) {
      if (metadata.deletionTimestamp === undefined) await host.ask('DELETE', `/api/v1/namespaces/${metadata.name}`);
    }
    await sleep(100);
  }
  await host.ask('DELETE', '/api/v1/persistentvolumes?labelSelector=made-by%3Dstand-in');
}
