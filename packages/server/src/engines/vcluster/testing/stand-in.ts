import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../../../../conformance/free-port.ts';
import type { Host } from '../../../../../../conformance/kubernetes/host.ts';
import { createTestAuthority, createTokenKeys } from '../../../../../../conformance/kubernetes/pki.ts';
import { programsOf } from '../../../../../../conformance/kubernetes/programs.ts';
import { type Supervised, supervise } from '../../../../../../conformance/kubernetes/supervised.ts';
import { fillViewRole } from '../../testing/fill-view-role.ts';
import { getOverTls } from '../../testing/get-over-tls.ts';

/** The programs of the host, and of two versions of Kubernetes for the clusters; `undefined` where there can be none. */
export const PROGRAMS = programsOf('l1', 'kwok', 'v135');

/** The range of the host's node ports, in which the clusters' API servers listen on this machine. */
export const NODE_PORTS = '--service-node-port-range=27000-27999';

/**
 * Plays what the host of these tests lacks: the storage, and the program of vCluster. Where a control plane's pod runs (kwok says so), it starts
 * a real kube-apiserver of the version that the pod's image names, at the node port of the Service, and writes the Secret `vc-NAME`.
 */
export interface StandIn {
  /** Does what there is to do now. Resolves with whether everything that was asked of the host has happened. */
  act(): Promise<boolean>;
  /** Acts until nothing is left to do. */
  settle(): Promise<void>;
  /** Kills the API server of a cluster; the next `act` starts another one. */
  kill(namespace: string): Promise<void>;
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
interface Tenant {
  version: string;
  readonly authority: Awaited<ReturnType<typeof createTestAuthority>>;
  readonly start: (version: string) => Supervised;
  process: Supervised;
  hasRoles: boolean;
}

const MARKED = 'labelSelector=app.kubernetes.io/managed-by%3Dopenkupe';
const SETTLE_MS = 60_000;

/** Starts an etcd for the clusters; see {@link StandIn}. */
export async function createStandIn(host: Host): Promise<StandIn> {
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-tenants-'));
  const [etcdPort, peerPort] = [await freePort(), await freePort()];
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const etcd = supervise(
    join(PROGRAMS ?? '', 'etcd'),
    [
      `--data-dir=${join(folder, 'etcd')}`,
      ...[`--listen-client-urls=${etcdUrl}`, `--advertise-client-urls=${etcdUrl}`, `--listen-peer-urls=${peerUrl}`],
      ...[`--initial-advertise-peer-urls=${peerUrl}`, `--initial-cluster=default=${peerUrl}`, '--unsafe-no-fsync', '--log-level=warn'],
    ],
    join(folder, 'etcd.log'),
  );
  etcd.start();
  const tenants = new Map<string, Tenant>();
  let lives = 0;

  const ask = async (method: string, path: string, body?: unknown, type?: string) => {
    const answer = await host.ask(method, path, body, type);
    if (answer.status >= 300 && ![404, 409].includes(answer.status)) throw new Error(`${method} ${path}: ${answer.body}`);
    return answer.status < 300 ? JSON.parse(answer.body) : {};
  };
  const list = async (path: string): Promise<Item[]> => (await ask('GET', path)).items ?? [];

  async function makeTenant(namespace: string, port: number): Promise<Tenant> {
    lives += 1;
    const own = join(folder, `${lives}`);
    await mkdir(own);
    const authority = await createTestAuthority();
    const { certificatePem, keyPem } = await authority.issueServer();
    const tokens = createTokenKeys();
    const files = {
      'ca.crt': authority.caPem,
      'server.crt': certificatePem,
      'server.key': keyPem,
      'tokens.key': tokens.privatePem,
      'tokens.pub': tokens.publicPem,
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(own, name), text);
    const args = [
      `--etcd-servers=${etcdUrl}`,
      `--etcd-prefix=/${namespace}-${lives}`,
      `--secure-port=${port}`,
      ...['--bind-address=127.0.0.1', '--advertise-address=127.0.0.1', '--endpoint-reconciler-type=none'],
      ...['--service-cluster-ip-range=10.97.0.0/16', '--authorization-mode=RBAC', `--client-ca-file=${join(own, 'ca.crt')}`],
      ...[`--tls-cert-file=${join(own, 'server.crt')}`, `--tls-private-key-file=${join(own, 'server.key')}`],
      ...['--service-account-issuer=https://kubernetes.default.svc', `--service-account-key-file=${join(own, 'tokens.pub')}`],
      `--service-account-signing-key-file=${join(own, 'tokens.key')}`,
    ];
    const start = (version: string) => {
      const started = supervise(join(PROGRAMS ?? '', version, 'kube-apiserver'), args, join(own, 'kube-apiserver.log'));
      started.start();
      return started;
    };
    return { version: '', authority, start, process: etcd, hasRoles: false };
  }

  async function writeSecret(namespace: string, release: string, { authority }: Tenant): Promise<void> {
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

  async function remove(namespace: string): Promise<void> {
    await tenants.get(namespace)?.process.kill();
    tenants.delete(namespace);
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
    const version = image.slice(image.lastIndexOf(':') + 1);
    const tenant = tenants.get(namespace) ?? (await makeTenant(namespace, port));
    tenants.set(namespace, tenant);
    if (tenant.version !== version) {
      if (tenant.version !== '') await tenant.process.kill();
      tenant.version = version;
      tenant.process = tenant.start(version);
    }
    const ready = await getOverTls(`https://127.0.0.1:${port}`, tenant.authority.caPem, '/readyz').catch(() => undefined);
    if (ready?.status !== 200) return false;
    if (!tenant.hasRoles) await fillViewRole(port, tenant.authority);
    tenant.hasRoles = true;
    await writeSecret(namespace, release, tenant);
    return sets.every(({ metadata, spec, status: known }) => {
      const status = known as Record<string, unknown>;
      const isSeen = status.observedGeneration === metadata.generation && status.currentRevision === status.updateRevision;
      return isSeen && status.readyReplicas === spec.replicas && status.updatedReplicas === spec.replicas;
    });
  }

  const standIn: StandIn = {
    hasStorage: true,
    async act() {
      const namespaces = await list(`/api/v1/namespaces?${MARKED}`);
      const names = new Set(namespaces.map(({ metadata }) => metadata.name));
      for (const name of [...tenants.keys()]) if (!names.has(name)) await remove(name);
      let isDone = true;
      for (const { metadata } of namespaces) {
        if (metadata.deletionTimestamp !== undefined) await remove(metadata.name);
        const isSettled = metadata.deletionTimestamp === undefined && (await actIn(metadata.name));
        isDone &&= isSettled;
      }
      return isDone;
    },
    async settle() {
      for (const beganMs = Date.now(); !(await standIn.act()); await sleep(100)) {
        if (Date.now() - beganMs > SETTLE_MS) throw new Error(`The host did not do what was asked of it within ${SETTLE_MS} ms`);
      }
    },
    async kill(namespace) {
      const tenant = tenants.get(namespace);
      await tenant?.process.kill();
      if (tenant) tenant.version = '';
    },
    async end() {
      for (const name of [...tenants.keys()]) await remove(name);
      await etcd.kill();
      await rm(folder, { recursive: true, force: true });
    },
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
