import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { freePort } from '../free-port.ts';
import type { Host } from './host.ts';
import { programsOf } from './programs.ts';
import { type Supervised, supervise } from './supervised.ts';

/** The managers of Cluster API; `undefined` where there can be none. */
export const CLUSTER_API_PROGRAMS = programsOf('capi');

/** The managers of Cluster API, with the in-memory provider of its own tests, on a {@link Host}. */
export interface ClusterApiHost {
  end(): Promise<void>;
}

interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: object };
  readonly webhooks?: readonly { readonly clientConfig: { readonly service?: { readonly path?: string }; readonly url?: string } }[];
}

/** The folder of a Go module at the version of our module, downloaded if needed. */
function moduleFolder(module: string): string {
  const cwd = fileURLToPath(new URL('../../tools/kubernetes/v1.36.3', import.meta.url));
  const env = { ...process.env, GOWORK: 'off', GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' };
  const described = execFileSync('go', ['mod', 'download', '-json', module], { cwd, env, encoding: 'utf8' });
  return (JSON.parse(described) as { Dir: string }).Dir;
}

/** Where the parts of Cluster API are; the in-memory provider is part of that for Docker, which needs no Docker for it. */
function providers() {
  const main = moduleFolder('sigs.k8s.io/cluster-api');
  const docker = join(moduleFolder('sigs.k8s.io/cluster-api/test'), 'infrastructure/docker');
  const topology = '--feature-gates=ClusterTopology=true,MachinePool=true';
  const parts = {
    core: { folder: join(main, 'core'), flags: [topology] },
    bootstrap: { folder: join(main, 'bootstrap/kubeadm'), flags: ['--feature-gates=MachinePool=true'] },
    'control-plane': { folder: join(main, 'controlplane/kubeadm'), flags: [topology] },
    docker: { folder: docker, flags: [topology] },
  };
  return { parts, templates: join(docker, 'templates') };
}

const readObjects = (path: string) => parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS() as KubernetesObject);

/** The CustomResourceDefinitions of a provider, with the labels by which Cluster API knows what contract each version fulfils. */
function definitionsOf(name: string, folder: string): KubernetesObject[] {
  const bases = join(folder, 'config/crd/bases');
  const contract = { 'cluster.x-k8s.io/v1beta1': 'v1beta1', 'cluster.x-k8s.io/v1beta2': 'v1beta2' };
  const labels = name === 'core' ? {} : contract;
  const found = readdirSync(bases).flatMap((file) => readObjects(join(bases, file)));
  return found.map((object) => ({ ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } } }));
}

/** The webhooks of a provider, called on loopback in place of a Service. */
function webhooksOf(name: string, folder: string, port: number, caPem: string): KubernetesObject[] {
  const caBundle = Buffer.from(caPem).toString('base64');
  return readObjects(join(folder, 'config/webhook/manifests.yaml')).map((object) => ({
    ...object,
    metadata: { ...object.metadata, name: `${name}-${object.metadata.name}` },
    webhooks: (object.webhooks ?? []).map((webhook) => ({
      ...webhook,
      clientConfig: { url: `https://127.0.0.1:${port}${webhook.clientConfig.service?.path ?? ''}`, caBundle },
    })),
  }));
}

const PLURALS: Readonly<Record<string, string>> = {
  CustomResourceDefinition: 'customresourcedefinitions',
  MutatingWebhookConfiguration: 'mutatingwebhookconfigurations',
  ValidatingWebhookConfiguration: 'validatingwebhookconfigurations',
  Namespace: 'namespaces',
  ClusterClass: 'clusterclasses',
  DevClusterTemplate: 'devclustertemplates',
  DevMachineTemplate: 'devmachinetemplates',
  KubeadmConfigTemplate: 'kubeadmconfigtemplates',
  KubeadmControlPlaneTemplate: 'kubeadmcontrolplanetemplates',
};

/** Applies an object, and again while webhooks and new APIs come up. */
async function apply(host: Host, object: KubernetesObject, namespace?: string): Promise<void> {
  const root = object.apiVersion.includes('/') ? '/apis' : '/api';
  const within = namespace === undefined ? '' : `/namespaces/${namespace}`;
  const path = `${root}/${object.apiVersion}${within}/${PLURALS[object.kind]}/${object.metadata.name}`;
  const body = namespace === undefined ? object : { ...object, metadata: { ...object.metadata, namespace } };
  for (const beganMs = Date.now(); ; await sleep(200)) {
    const answer = await host.ask('PATCH', `${path}?fieldManager=tests&force=true`, body, 'application/apply-patch+yaml');
    if (answer.status < 300) return;
    if (Date.now() - beganMs > 30_000) throw new Error(`${object.kind} "${object.metadata.name}" could not be applied: ${answer.body}`);
  }
}

/** Waits until the API of a CustomResourceDefinition is served; a manager that looks for it earlier ends. */
async function untilServed(host: Host, { metadata: { name } }: KubernetesObject): Promise<void> {
  for (const beganMs = Date.now(); Date.now() - beganMs < 30_000; await sleep(100)) {
    const { body } = await host.ask('GET', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`);
    const { status } = JSON.parse(body) as { status?: { conditions?: readonly { type: string; status: string }[] } };
    if (status?.conditions?.some((condition) => condition.type === 'Established' && condition.status === 'True')) return;
  }
  throw new Error(`CustomResourceDefinition "${name}" was not served within 30 s`);
}

async function untilReady(port: number, manager: Supervised): Promise<void> {
  for (const beganMs = Date.now(); Date.now() - beganMs < 60_000; await sleep(100)) {
    const isReady = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    manager.throwIfEnded();
  }
  throw new Error(`The manager with health port ${port} was not ready within 60 s`);
}

/** Installs the APIs of Cluster API and of the in-memory provider. Nothing works on their objects, and no webhook checks them. Needs Go. */
export async function installDefinitions(host: Host): Promise<void> {
  const definitions = Object.entries(providers().parts).flatMap(([name, { folder }]) => definitionsOf(name, folder));
  await Promise.all(definitions.map((object) => apply(host, object)));
  for (const object of definitions) await untilServed(host, object);
}

/** Applies the ClusterClass `in-memory` with its templates, in a namespace of its own. `startup`: how long a machine takes to start, `1s`. */
export async function applyClass(host: Host, namespace: string, startup: string): Promise<void> {
  await apply(host, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const text = readFileSync(join(providers().templates, 'clusterclass-in-memory.yaml'), 'utf8');
  const paced = text
    .replaceAll('startupDuration: "10s"', `startupDuration: "${startup}"`)
    .replaceAll('startupDuration: "2s"', 'startupDuration: "500ms"');
  for (const document of parseAllDocuments(paced)) await apply(host, document.toJS() as KubernetesObject, namespace);
}

async function writeCertificate(host: Host): Promise<string> {
  const folder = join(host.folder, 'webhook-certificates');
  await mkdir(folder);
  const { certificatePem, keyPem } = await host.authority.issueServer();
  await writeFile(join(folder, 'tls.crt'), certificatePem);
  await writeFile(join(folder, 'tls.key'), keyPem, { mode: 0o600 });
  return folder;
}

/** Starts the managers as processes, after {@link installDefinitions}: about 2 s on two idle cores. Ended with `end`; the host stays. */
export async function startManagers(host: Host): Promise<ClusterApiHost> {
  const certificates = await writeCertificate(host);
  const managers: Record<string, { readonly process: Supervised; readonly healthPort: number }> = {};
  const webhooks: KubernetesObject[] = [];
  for (const [name, { folder, flags }] of Object.entries(providers().parts)) {
    const [port = 0, healthPort = 0, diagnostics = 0] = await Promise.all([freePort(), freePort(), freePort()]);
    webhooks.push(...webhooksOf(name, folder, port, host.caPem));
    const args = [
      `--kubeconfig=${host.kubeconfig}`,
      '--leader-elect=false',
      ...[`--webhook-port=${port}`, `--webhook-cert-dir=${certificates}`, `--health-addr=127.0.0.1:${healthPort}`],
      ...[`--diagnostics-address=127.0.0.1:${diagnostics}`, '--insecure-diagnostics=true'],
      ...flags,
    ];
    // NOTE: the in-memory provider serves the API servers of its clusters on this address, at ports from 20000 on.
    const env = { POD_IP: '127.0.0.2', POD_NAME: name, POD_NAMESPACE: 'default', POD_UID: name };
    const path = join(CLUSTER_API_PROGRAMS ?? '', `capi-${name}`);
    managers[name] = { process: supervise(path, args, join(host.folder, `capi-${name}.log`), env), healthPort };
  }
  const all = Object.values(managers);
  const end = async () => {
    for (const { process } of all) await process.kill();
  };
  try {
    for (const { process } of all) process.start();
    for (const { process, healthPort } of all) await untilReady(healthPort, process);
    for (const object of webhooks) await apply(host, object);
    return { end };
  } catch (error) {
    await end();
    throw error;
  }
}
