import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../../../conformance/free-port.ts';
import { createTestAuthority, createTokenKeys, type TestAuthority } from '../../../../../conformance/kubernetes/pki.ts';
import { type Supervised, supervise } from '../../../../../conformance/kubernetes/supervised.ts';
import { fillViewRole } from './fill-view-role.ts';
import { getOverTls } from './get-over-tls.ts';

/** How the API server of a cluster has to run. */
export interface WantedApiServer {
  /** `v1.36.3` */
  readonly version: string;
  /** Where it listens on loopback. */
  readonly port: number;
  /** Arguments that replace those of the same name, and are added to the others. */
  readonly args?: readonly string[];
  /** Files in its folder, which stands where arguments and files say `filesAt`. */
  readonly files?: Readonly<Record<string, string>>;
  readonly filesAt?: string;
}

/** Real API servers in place of the control planes of clusters: each under an authority of its own, all on one etcd. */
export interface TenantApiServers {
  readonly names: readonly string[];
  /** Starts the API server of a cluster, or one of another version on what it has left. Resolves with whether it is ready. */
  run(name: string, wanted: WantedApiServer): Promise<boolean>;
  /** The authority of a cluster that was run. */
  authorityOf(name: string): TestAuthority;
  /** Kills an API server; the next `run` starts another one. */
  kill(name: string): Promise<void>;
  /** Ends the API server of a cluster that is gone. */
  remove(name: string): Promise<void>;
  end(): Promise<void>;
}

interface Tenant {
  readonly folder: string;
  readonly authority: TestAuthority;
  readonly args: readonly string[];
  version: string;
  port: number;
  hasRoles: boolean;
  process?: Supervised;
}

const nameOf = (arg: string) => arg.split('=')[0];
/** As vCluster merges arguments: one of its own is left out where another one has its name. */
const merged = (own: readonly string[], more: readonly string[]) => [
  ...own.filter((arg) => !more.some((other) => nameOf(other) === nameOf(arg))),
  ...more,
];

function startEtcd(programs: string, folder: string, [port, peer]: readonly [number, number]): Supervised {
  const [url, peerUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peer}`];
  const args = [
    `--data-dir=${join(folder, 'etcd')}`,
    ...[`--listen-client-urls=${url}`, `--advertise-client-urls=${url}`, `--listen-peer-urls=${peerUrl}`],
    ...[`--initial-advertise-peer-urls=${peerUrl}`, `--initial-cluster=default=${peerUrl}`, '--unsafe-no-fsync', '--log-level=warn'],
  ];
  const etcd = supervise(join(programs, 'etcd'), args, join(folder, 'etcd.log'));
  etcd.start();
  return etcd;
}

/** Starts an etcd for the clusters. `programs` is the folder with the programs of Kubernetes. */
export async function startTenantApiServers(programs: string): Promise<TenantApiServers> {
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-tenants-'));
  const etcdPort = await freePort();
  const etcd = startEtcd(programs, folder, [etcdPort, await freePort()]);
  const tenants = new Map<string, Tenant>();
  let lives = 0;

  async function makeTenant(name: string): Promise<Tenant> {
    lives += 1;
    const own = join(folder, `${lives}`);
    await mkdir(own);
    const authority = await createTestAuthority();
    const { certificatePem, keyPem } = await authority.issueServer();
    const { privatePem, publicPem } = createTokenKeys();
    const files = {
      'ca.crt': authority.caPem,
      'server.crt': certificatePem,
      'server.key': keyPem,
      'tokens.key': privatePem,
      'tokens.pub': publicPem,
    };
    for (const [file, text] of Object.entries(files)) await writeFile(join(own, file), text);
    const args = [
      ...[`--etcd-servers=http://127.0.0.1:${etcdPort}`, `--etcd-prefix=/${name}-${lives}`],
      ...['--bind-address=127.0.0.1', '--advertise-address=127.0.0.1', '--endpoint-reconciler-type=none'],
      ...['--service-cluster-ip-range=10.97.0.0/16', '--authorization-mode=Node,RBAC', `--client-ca-file=${join(own, 'ca.crt')}`],
      ...[`--tls-cert-file=${join(own, 'server.crt')}`, `--tls-private-key-file=${join(own, 'server.key')}`],
      ...['--service-account-issuer=https://kubernetes.default.svc', `--service-account-key-file=${join(own, 'tokens.pub')}`],
      `--service-account-signing-key-file=${join(own, 'tokens.key')}`,
    ];
    const tenant = { folder: own, authority, args, version: '', port: 0, hasRoles: false };
    tenants.set(name, tenant);
    return tenant;
  }

  async function start(tenant: Tenant, { version, port, args = [], files = {}, filesAt = '/nowhere' }: WantedApiServer): Promise<void> {
    await tenant.process?.kill();
    const placed = (text: string) => text.replaceAll(filesAt, tenant.folder);
    for (const [file, text] of Object.entries(files)) await writeFile(join(tenant.folder, file), placed(text), { mode: 0o600 });
    const all = [...merged(tenant.args, args.map(placed)), `--secure-port=${port}`];
    Object.assign(tenant, { version, port });
    tenant.process = supervise(join(programs, version, 'kube-apiserver'), all, join(tenant.folder, 'kube-apiserver.log'));
    tenant.process.start();
  }

  return {
    get names() {
      return [...tenants.keys()];
    },
    async run(name, wanted) {
      const tenant = tenants.get(name) ?? (await makeTenant(name));
      if (tenant.version !== wanted.version || tenant.port !== wanted.port) await start(tenant, wanted);
      tenant.process?.throwIfEnded();
      const ready = await getOverTls(`https://127.0.0.1:${wanted.port}`, tenant.authority.caPem, '/readyz').catch(() => undefined);
      if (ready?.status !== 200) return false;
      if (!tenant.hasRoles) await fillViewRole(wanted.port, tenant.authority);
      tenant.hasRoles = true;
      return true;
    },
    authorityOf(name) {
      const tenant = tenants.get(name);
      if (!tenant) throw new Error(`The API server of "${name}" was never run`);
      return tenant.authority;
    },
    async kill(name) {
      const tenant = tenants.get(name);
      await tenant?.process?.kill();
      if (tenant) tenant.version = '';
    },
    async remove(name) {
      await tenants.get(name)?.process?.kill();
      tenants.delete(name);
    },
    async end() {
      for (const { process } of tenants.values()) await process?.kill();
      await etcd.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
