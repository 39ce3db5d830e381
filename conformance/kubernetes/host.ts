import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fakeNode, kwokConfiguration } from './fake-nodes.ts';
import { createTestAuthority, createTokenKeys, type Issued, type TestAuthority } from './pki.ts';
import { hostPorts } from './ports.ts';
import { programsOf } from './programs.ts';
import { type Supervised, supervise } from './supervised.ts';

/** The programs of a host; `undefined` where there can be none: ``describe.skipIf(!HOST_PROGRAMS)(`… ${NEEDS_KUBERNETES}`)``. */
export const HOST_PROGRAMS = programsOf('l1', 'kwok');

/** The processes of a host. */
export type HostProcess = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kwok';

/** What a host is started with. */
export interface HostOptions {
  /** Nodes that kwok simulates; without any, kwok does not run and pods stay Pending. */
  readonly nodes?: number;
  /** Further flags of the API server. */
  readonly apiServerFlags?: readonly string[];
}

/** A Kubernetes API of a test's own, on loopback: real programs, in a folder that goes with it. */
export interface Host {
  readonly folder: string;
  /** `https://127.0.0.1:PORT` */
  readonly server: string;
  readonly caPem: string;
  /** The administrator (`system:masters`), as the client of the server takes it. */
  readonly credential: { readonly type: 'certificate' } & Issued;
  /** The path of the administrator's kubeconfig file. */
  readonly kubeconfig: string;
  readonly authority: TestAuthority;
  readonly processes: Readonly<Record<HostProcess, Supervised>>;
  /** Sends a request as the administrator: status and body. */
  ask(method: string, path: string, body?: unknown, contentType?: string): Promise<{ readonly status: number; readonly body: string }>;
  /** Kills the API server, and resolves once a new one is ready. */
  restartApiServer(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Waits until the API server answers `/readyz` with 200. */
  untilReady(): Promise<void>;
  /** Compacts etcd and restarts the API server, so that every version known so far is too old for a watch (410). */
  expireVersions(): Promise<void>;
  /** Ends every process and removes the folder. */
  end(): Promise<void>;
}

const START_MS = 60_000;
const VERSION = 'v1.36.3';

interface Setup {
  readonly folder: string;
  readonly authority: TestAuthority;
  readonly ports: {
    readonly etcd: number;
    readonly peer: number;
    readonly api: number;
    readonly controllers: number;
    readonly scheduler: number;
    readonly kwok: number;
  };
}

const path = (setup: Setup, name: string) => join(setup.folder, name);

async function writeFiles(setup: Setup): Promise<{ admin: Issued }> {
  const { authority } = setup;
  const tokens = createTokenKeys();
  const server = await authority.issueServer();
  const write = (name: string, text: string) => writeFile(path(setup, name), text, { mode: 0o600 });
  const admin = await authority.issueClient('O=system:masters,CN=admin');
  const clients = {
    'admin.conf': admin,
    'controllers.conf': await authority.issueClient('CN=system:kube-controller-manager'),
    'scheduler.conf': await authority.issueClient('CN=system:kube-scheduler'),
  };
  await Promise.all([
    write('ca.crt', authority.caPem),
    write('ca.key', authority.caKeyPem),
    write('server.crt', server.certificatePem),
    write('server.key', server.keyPem),
    write('tokens.key', tokens.privatePem),
    write('tokens.pub', tokens.publicPem),
    write('kwok.yaml', kwokConfiguration()),
    ...Object.entries(clients).map(([name, issued]) =>
      write(name, kubeconfigOf(`https://127.0.0.1:${setup.ports.api}`, authority.caPem, issued)),
    ),
  ]);
  return { admin };
}

/** A kubeconfig file (as JSON, which is YAML) with a client certificate. */
function kubeconfigOf(server: string, caPem: string, { certificatePem, keyPem }: Issued): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const cluster = { server, 'certificate-authority-data': base64(caPem) };
  const user = { 'client-certificate-data': base64(certificatePem), 'client-key-data': base64(keyPem) };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'host',
    contexts: [{ name: 'host', context: { cluster: 'host', user: 'user' } }],
    clusters: [{ name: 'host', cluster }],
    users: [{ name: 'user', user }],
  });
}

function commandsOf(setup: Setup, more: readonly string[]): Record<HostProcess, readonly [string, readonly string[]]> {
  const { ports } = setup;
  const file = (name: string) => path(setup, name);
  const peer = `http://127.0.0.1:${ports.peer}`;
  const etcd = `http://127.0.0.1:${ports.etcd}`;
  return {
    etcd: [
      'etcd',
      [
        `--data-dir=${file('etcd')}`,
        `--listen-client-urls=${etcd}`,
        `--advertise-client-urls=${etcd}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=default=${peer}`,
        '--unsafe-no-fsync',
        '--log-level=warn',
      ],
    ],
    'kube-apiserver': [
      `${VERSION}/kube-apiserver`,
      [
        `--etcd-servers=${etcd}`,
        `--secure-port=${ports.api}`,
        '--bind-address=127.0.0.1',
        '--advertise-address=127.0.0.1',
        '--endpoint-reconciler-type=none',
        '--service-cluster-ip-range=10.96.0.0/16',
        // NOTE: the API server takes one of the two.
        ...(more.some((flag) => flag.startsWith('--authorization-config=')) ? [] : ['--authorization-mode=Node,RBAC']),
        '--enable-admission-plugins=NodeRestriction',
        '--allow-privileged',
        `--client-ca-file=${file('ca.crt')}`,
        `--tls-cert-file=${file('server.crt')}`,
        `--tls-private-key-file=${file('server.key')}`,
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${file('tokens.pub')}`,
        `--service-account-signing-key-file=${file('tokens.key')}`,
        ...more,
      ],
    ],
    'kube-controller-manager': [
      `${VERSION}/kube-controller-manager`,
      [
        `--kubeconfig=${file('controllers.conf')}`,
        `--service-account-private-key-file=${file('tokens.key')}`,
        `--root-ca-file=${file('ca.crt')}`,
        `--cluster-signing-cert-file=${file('ca.crt')}`,
        `--cluster-signing-key-file=${file('ca.key')}`,
        '--use-service-account-credentials',
        '--leader-elect=false',
        `--secure-port=${ports.controllers}`,
        '--bind-address=127.0.0.1',
        '--kube-api-qps=300',
        '--kube-api-burst=500',
      ],
    ],
    'kube-scheduler': [
      `${VERSION}/kube-scheduler`,
      [
        `--kubeconfig=${file('scheduler.conf')}`,
        '--leader-elect=false',
        `--secure-port=${ports.scheduler}`,
        '--bind-address=127.0.0.1',
        '--kube-api-qps=300',
        '--kube-api-burst=500',
      ],
    ],
    kwok: [
      'kwok',
      [
        `--kubeconfig=${file('admin.conf')}`,
        `--config=${file('kwok.yaml')}`,
        '--manage-all-nodes=true',
        '--node-lease-duration-seconds=40',
        `--server-address=127.0.0.1:${ports.kwok}`,
      ],
    ],
  };
}

/** Starts a host and waits until it is ready: 3 to 5 seconds on two idle cores. Needs {@link HOST_PROGRAMS}. */
export async function startHost({ nodes = 0, apiServerFlags = [] }: HostOptions = {}): Promise<Host> {
  const [etcd = 0, peer = 0, api = 0, controllers = 0, scheduler = 0, kwok = 0] = await hostPorts(6);
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-host-'));
  const setup: Setup = { folder, authority: await createTestAuthority(), ports: { etcd, peer, api, controllers, scheduler, kwok } };
  const { admin } = await writeFiles(setup);
  const processes = Object.fromEntries(
    Object.entries(commandsOf(setup, apiServerFlags)).map(([name, [program, args]]) => [
      name,
      supervise(join(HOST_PROGRAMS ?? '', program), args, path(setup, `${name}.log`)),
    ]),
  ) as Record<HostProcess, Supervised>;
  const host = hostOf(setup, admin, processes);
  try {
    for (const name of ['etcd', 'kube-apiserver'] as const) processes[name].start();
    await host.untilReady();
    // NOTE: they end when the roles of Kubernetes itself are not there within 20 s, which takes longer on a busy machine.
    for (const name of ['kube-controller-manager', 'kube-scheduler'] as const) processes[name].start();
    if (nodes > 0) processes.kwok.start();
    await until(processes, async () => (await host.ask('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200);
    for (let index = 0; index < nodes; index += 1) await addNode(host, index);
    return host;
  } catch (error) {
    await host.end();
    throw error;
  }
}

function hostOf(setup: Setup, admin: Issued, processes: Record<HostProcess, Supervised>): Host {
  const { folder, authority, ports } = setup;
  const server = `https://127.0.0.1:${ports.api}`;
  const ask: Host['ask'] = (method, to, body, contentType = 'application/json') =>
    new Promise((resolve, reject) => {
      const options = {
        method,
        ca: authority.caPem,
        cert: admin.certificatePem,
        key: admin.keyPem,
        agent: false,
        timeout: 20_000,
      } as const;
      const headers = body === undefined ? {} : { 'content-type': contentType };
      const sent = request(new URL(to, server), { ...options, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.once('error', reject);
      });
      sent.once('timeout', () => sent.destroy(new Error('the API server does not answer')));
      sent.once('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const untilReady = () => until(processes, async () => (await ask('GET', '/readyz')).status === 200);
  const restartApiServer: Host['restartApiServer'] = async (signal) => {
    await processes['kube-apiserver'].kill(signal);
    processes['kube-apiserver'].start();
    await untilReady();
  };
  return {
    folder,
    server,
    caPem: authority.caPem,
    credential: { type: 'certificate', ...admin },
    kubeconfig: path(setup, 'admin.conf'),
    authority,
    processes,
    ask,
    untilReady,
    restartApiServer,
    async expireVersions() {
      await compact(`http://127.0.0.1:${ports.etcd}`);
      await restartApiServer();
    },
    async end() {
      // NOTE: first what writes, so that nothing is written into a folder that is being removed.
      for (const name of ['kwok', 'kube-scheduler', 'kube-controller-manager', 'kube-apiserver', 'etcd'] as const)
        await processes[name].kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function until(processes: Record<HostProcess, Supervised>, isTrue: () => Promise<boolean>): Promise<void> {
  for (const beganMs = Date.now(); Date.now() - beganMs < START_MS; await sleep(50)) {
    if (await isTrue().catch(() => false)) return;
    for (const process of Object.values(processes)) process.throwIfEnded();
  }
  throw new Error(`The host was not ready within ${START_MS} ms`);
}

/** By the HTTP gateway of etcd (https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/). */
async function compact(etcd: string): Promise<void> {
  const post = async (to: string, body: object) => {
    const response = await fetch(`${etcd}/v3/kv/${to}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`etcd refused ${to}: ${await response.text()}`);
    return (await response.json()) as { header: { revision: string } };
  };
  const { header } = await post('range', { key: Buffer.from('/').toString('base64') });
  await post('compaction', { revision: header.revision, physical: true });
}

async function addNode(host: Host, index: number): Promise<void> {
  const { node, status } = fakeNode(index, new Date().toISOString());
  for (const [method, to, body] of [
    ['POST', '/api/v1/nodes', node],
    ['PATCH', `/api/v1/nodes/fake-${index}/status`, status],
  ] as const) {
    const answer = await host.ask(method, to, body, method === 'PATCH' ? 'application/merge-patch+json' : 'application/json');
    if (answer.status >= 300) throw new Error(`The node could not be made: ${answer.body}`);
  }
}
