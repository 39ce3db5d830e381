import type { Config } from '../config/config.ts';
import { placeOf } from '../store/database-address.ts';
import { FIRST_TENANT } from './first-tenant.ts';

const MEBIBYTE = 2 ** 20;

/** The outcome of a start, for the greeting. */
export interface Started {
  readonly url: string;
  readonly metricsUrl: string | undefined;
  readonly limitBytes: number;
  readonly firstKey: string | undefined;
  readonly hasTenants: boolean;
}

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || /^(::ffff:)?127\./.test(host);

function placeOfData({ database, dataFolder }: Config): string {
  return database ? `PostgreSQL at ${database.servers.map(placeOf).join()}/${database.database}, its secrets in ${dataFolder}` : dataFolder;
}

/** Commands that make the first cluster; without a tenant, those that make the first tenant. */
function firstSteps({ url, firstKey, hasTenants }: Started, config: Config): readonly string[] {
  if (!hasTenants) {
    return [
      '  npx openkupe operator tenant create acme --owner owner@acme.example    # the first tenant',
      '  npx openkupe operator key issue acme                                   # its first key, shown once',
    ];
  }
  const key = firstKey ?? '<your key; lost it? --write-env FILE makes a new one>';
  return [
    config.envFile ? `  source '${config.envFile}'` : `  export KUPE_HOST=${url} KUPE_TENANT=${FIRST_TENANT} KUPE_API_KEY=${key}`,
    '  npx openkupe cluster create my-first            # make it, and watch it become Running',
    '  npx openkupe cluster get my-first               # look at it',
    '  npx openkupe cluster kubeconfig my-first        # use it with kubectl',
  ];
}

/** What is particular to one of several processes; nothing of the embedded store. */
function ofRole({ role, database, engines }: Config): readonly string[] {
  if (!database) return [];
  return [
    ...(role === 'workers' ? ['It serves no API (OPENKUPE_ROLE=workers), only /healthz and /readyz'] : []),
    ...(role === 'api' ? ['It makes no clusters (OPENKUPE_ROLE=api); start a process with another role for that'] : []),
    ...(Object.values(engines).includes('sandbox')
      ? [
          'Of the processes on this database one at a time runs the clusters of the sandbox, with endpoints on 127.0.0.1 of its machine: kubectl works there',
        ]
      : []),
  ];
}

/** What clusters of the engine local are, and what they lack; nothing where no type has it. */
function ofLocalEngine({ engines }: Config): readonly string[] {
  const types = Object.entries(engines).flatMap(([type, engine]) => (engine === 'local' ? [`"${type}"`] : []));
  if (types.length === 0) return [];
  return [
    `Clusters of type ${types.join(' and ')} are real Kubernetes API servers, as processes of this machine. They have no nodes: pods stay Pending (docs/guide/local-clusters.md)`,
  ];
}

/** What Ctrl-C ends. */
function ofStop({ engines }: Config): readonly string[] {
  if (!Object.values(engines).includes('local')) return ['\nCtrl-C stops the control plane; what it keeps stays where it is.'];
  return ['\nCtrl-C stops the control plane and the processes of its clusters; their data stays, and the next start brings them back.'];
}

/** The addresses and next steps, line by line. The first key is among them unless it is in the environment file: a journal would keep it. */
export function greeting(started: Started, config: Config): readonly string[] {
  const { url, metricsUrl, limitBytes, firstKey } = started;
  const isExposed = !config.tlsFiles && !isLoopback(config.host) && config.trustedProxies.isEmpty;
  return [
    `openkupe is running at ${url} (data in ${placeOfData(config)})`,
    `Limits of up to ${config.rateAddresses} addresses take ${Math.ceil(limitBytes / MEBIBYTE)} MiB of memory at most`,
    ...(metricsUrl ? [`Metrics for Prometheus are at ${metricsUrl}`] : []),
    ...(isExposed
      ? [
          `Keys travel unencrypted to ${config.host}: give a certificate with --tls-cert, put a proxy that ends TLS in front and name it in OPENKUPE_TRUSTED_PROXIES, or listen on 127.0.0.1`,
        ]
      : []),
    ...ofRole(config),
    ...ofLocalEngine(config),
    '',
    ...(firstKey && config.envFile
      ? [`Tenant "${FIRST_TENANT}" was created. Its admin key is in ${config.envFile} and nowhere else\n`]
      : []),
    ...(firstKey && !config.envFile ? [`Tenant "${FIRST_TENANT}" was created. Its admin key is shown this once:\n\n  ${firstKey}\n`] : []),
    ...(config.role === 'workers' ? [] : ['In another terminal, in this folder:\n', ...firstSteps(started, config)]),
    ...ofStop(config),
  ];
}
