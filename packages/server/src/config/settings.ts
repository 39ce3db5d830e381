/** One setting, with its value as text. Flags take precedence over variables, variables over the configuration file, that over the default. */
export interface Setting {
  readonly flag?: string;
  readonly variable: string;
  readonly placeholder: string;
  readonly meaning: string;
  /** The default; empty for none. */
  readonly fallback: string;
  /** The flag takes no value; the variable is `yes` or `no`. */
  readonly isSwitch?: boolean;
  /** The value is a secret, or a URL that may hold a password: it is masked where settings are shown. */
  readonly isSecret?: boolean;
}

const variable = (name: string, placeholder: string, meaning: string, fallback = ''): Setting => ({
  variable: name,
  placeholder,
  meaning,
  fallback,
});
const secret = (setting: Setting): Setting => ({ ...setting, isSecret: true });
const flag = (name: string, ...rest: Parameters<typeof variable>): Setting => ({ flag: name, ...variable(...rest) });

/** Every setting: flag, variable, placeholder of its value, meaning, default. `--help` prints them in this order. */
export const SETTINGS = {
  config: flag('config', 'OPENKUPE_CONFIG', 'FILE', 'YAML file with settings; flags and variables take precedence over it'),
  host: flag('host', 'OPENKUPE_HOST', 'ADDRESS', 'address to listen on', '127.0.0.1'),
  port: flag('port', 'OPENKUPE_PORT', 'PORT', 'port to listen on; 0 picks a free one', '8080'),
  tlsCert: flag(
    'tls-cert',
    'OPENKUPE_TLS_CERT',
    'FILE',
    'certificate as PEM, its intermediates behind it: the API is served by HTTPS then; read again when it changes',
  ),
  tlsKey: flag('tls-key', 'OPENKUPE_TLS_KEY', 'FILE', 'its private key as PEM, without a passphrase'),
  data: flag('data', 'OPENKUPE_DATA', 'DIR', 'folder for everything that is kept', 'data'),
  databaseUrl: secret(
    variable(
      'OPENKUPE_DATABASE_URL',
      'URL',
      'PostgreSQL database that holds what is kept, postgres://user@host:5432/database; SQLite in the data folder when empty',
    ),
  ),
  databasePasswordFile: variable('OPENKUPE_DATABASE_PASSWORD_FILE', 'FILE', 'file with the password of its user, and nothing else'),
  databaseCaFile: variable(
    'OPENKUPE_DATABASE_CA_FILE',
    'FILE',
    'CA certificates, as PEM, that its certificate has to be under; those that Node trusts when empty',
  ),
  role: variable(
    'OPENKUPE_ROLE',
    'ROLE',
    'what this process does of what all on the database do: api (serves requests), workers (makes clusters), or all',
    'all',
  ),
  engine: flag(
    'engine',
    'OPENKUPE_ENGINE',
    'ENGINE',
    'what runs clusters: sandbox (simulated), local (Kubernetes as processes of this machine), vcluster, or cluster-api',
    'sandbox',
  ),
  engineShared: variable('OPENKUPE_ENGINE_SHARED', 'ENGINE', 'the engine of clusters of type shared; OPENKUPE_ENGINE when empty'),
  engineDedicated: variable('OPENKUPE_ENGINE_DEDICATED', 'ENGINE', 'the engine of clusters of type dedicated; OPENKUPE_ENGINE when empty'),
  hostKubeconfig: variable(
    'OPENKUPE_HOST_KUBECONFIG',
    'FILE',
    'kubeconfig of the Kubernetes cluster that vcluster and cluster-api work on; the one that this process runs in as a pod when empty',
  ),
  clusterApiFile: variable(
    'OPENKUPE_CLUSTER_API_FILE',
    'FILE',
    'settings of the engine cluster-api in JSON: ClusterClass, versions, nodes (docs/guide/cluster-api.md)',
  ),
  kubernetesPrograms: variable(
    'OPENKUPE_KUBERNETES_PROGRAMS',
    'DIR',
    'folder with the programs of Kubernetes that the engine local runs; built with Go when empty, which takes minutes the first time',
  ),
  localClusters: variable(
    'OPENKUPE_LOCAL_CLUSTERS',
    'N',
    'clusters that the engine local runs at the same time, each in about 400 MiB of memory and on one port',
    '8',
  ),
  vclusterVersions: variable(
    'OPENKUPE_VCLUSTER_VERSIONS',
    'VERSION,…',
    'versions of Kubernetes that the engine vcluster offers, newest first, such as v1.36.3,v1.35.4; each is a tag of the image ghcr.io/loft-sh/kubernetes',
  ),
  vclusterEndpoint: variable(
    'OPENKUPE_VCLUSTER_ENDPOINT',
    'HOW',
    'how clusters of the engine vcluster are reached: load-balancer, node-port:HOST, ingress:DOMAIN, ingress:DOMAIN:CLASS or tls-route:DOMAIN:NAMESPACE/GATEWAY',
    'load-balancer',
  ),
  vclusterStorageClass: variable(
    'OPENKUPE_VCLUSTER_STORAGE_CLASS',
    'NAME',
    'StorageClass of the control planes of the engine vcluster; the default of the host when empty',
  ),
  secretsFile: variable(
    'OPENKUPE_SECRETS_FILE',
    'FILE',
    'secrets of the installation, for processes on one database with a data folder each; secrets.json in the data folder when empty',
  ),
  secrets: secret(variable('OPENKUPE_SECRETS', 'JSON', 'what that file would hold, in its place')),
  valkeyUrl: secret(
    variable(
      'OPENKUPE_VALKEY_URL',
      'URL',
      'Valkey or Redis server by which several processes enforce one limit per address, redis://user@host:6379/0 or rediss://; none when empty',
    ),
  ),
  valkeyPasswordFile: variable('OPENKUPE_VALKEY_PASSWORD_FILE', 'FILE', 'file with the password of its user, and nothing else'),
  valkeyCaFile: variable(
    'OPENKUPE_VALKEY_CA_FILE',
    'FILE',
    'CA certificates, as PEM, that its certificate has to be under; those that Node trusts when empty',
  ),
  valkeyProcesses: variable(
    'OPENKUPE_VALKEY_PROCESSES',
    'N',
    'processes that share the limit, as long as they could not be counted there: each then enforces an Nth of it',
    '2',
  ),
  operatorSocket: variable(
    'OPENKUPE_OPERATOR_SOCKET',
    'FILE',
    'where `openkupe operator` reaches this server; operator.sock in the data folder if not given (not on Windows)',
  ),
  writeEnv: flag(
    'write-env',
    'OPENKUPE_WRITE_ENV',
    'FILE',
    'write KUPE_HOST, KUPE_TENANT and KUPE_API_KEY to FILE, for scripts; the key is then in FILE only and not printed',
  ),
  noFirstTenant: {
    ...flag(
      'no-first-tenant',
      'OPENKUPE_NO_FIRST_TENANT',
      '',
      'make no tenant and no key on an empty store; `openkupe operator tenant create` makes the first one',
      'no',
    ),
    isSwitch: true,
  },
  logLevel: flag(
    'log-level',
    'OPENKUPE_LOG_LEVEL',
    'LEVEL',
    'debug, info, warn, error or silent; lines of JSON on stderr, lines for people where that is a terminal',
    'warn',
  ),
  oidcIssuer: variable('OPENKUPE_OIDC_ISSUER', 'URL', 'issuer whose access tokens are accepted, as in their iss claim; none when empty'),
  oidcAudience: variable('OPENKUPE_OIDC_AUDIENCE', 'AUDIENCE', 'what the aud claim of an access token has to hold', 'kupe-cli'),
  oidcAssumeVerified: variable(
    'OPENKUPE_OIDC_ASSUME_EMAIL_VERIFIED',
    'on|off',
    'whether the address in a token without the claim email_verified counts as verified; some issuers never send it',
    'off',
  ),
  oidcIdTokens: variable(
    'OPENKUPE_OIDC_ACCEPT_ID_TOKENS',
    'on|off',
    'whether ID tokens are accepted too: for Dex and other issuers whose access tokens look the same',
    'off',
  ),
  openbaoAddress: variable(
    'OPENKUPE_OPENBAO_ADDRESS',
    'URL',
    'OpenBao server that holds the values of secrets; encrypted files in the data folder when empty',
  ),
  openbaoToken: secret(variable('OPENKUPE_OPENBAO_TOKEN', 'TOKEN', 'token that may read the values of every tenant there')),
  openbaoMount: variable(
    'OPENKUPE_OPENBAO_MOUNT',
    'MOUNT',
    'mount of the KV engine (version 2); with {tenant} in it one mount per tenant, without it paths begin with tenants/<tenant>/',
    'kv',
  ),
  openbaoTimeoutSeconds: variable('OPENKUPE_OPENBAO_TIMEOUT_SECONDS', 'SECONDS', 'how long OpenBao may take to answer', '5'),
  masks: variable(
    'OPENKUPE_ALERTMANAGER_MASK',
    'WHOM',
    'from whom credentials in alert receivers are hidden: readonly, or everyone',
    'readonly',
  ),
  alertmanagerUrl: variable(
    'OPENKUPE_ALERTMANAGER_URL',
    'URL',
    'Alertmanager that sends the alerts of all tenants (docs/guide/alertmanager.md); their configurations are only stored when empty',
  ),
  alertmanagerFile: variable(
    'OPENKUPE_ALERTMANAGER_CONFIG_FILE',
    'FILE',
    'the file that it was started with (--config.file), which this server replaces, with mode 0600',
  ),
  trustedProxies: variable('OPENKUPE_TRUSTED_PROXIES', 'CIDR,…', 'proxies whose word about the client address is believed, as CIDR blocks'),
  forwardingHeader: variable(
    'OPENKUPE_FORWARDING_HEADER',
    'NAME',
    'the header those proxies write: x-forwarded-for, or forwarded (RFC 7239); the other one is ignored',
    'x-forwarded-for',
  ),
  proxyProtocol: variable(
    'OPENKUPE_PROXY_PROTOCOL',
    'on|off',
    'whether those proxies begin every connection with a PROXY header, version 1 or 2; then one without it is closed',
    'off',
  ),
  ratePerSecond: variable('OPENKUPE_RATE_LIMIT_PER_SECOND', 'N', 'requests a second that one address may make, on average', '100'),
  rateBurst: variable('OPENKUPE_RATE_LIMIT_BURST', 'N', 'requests that one address may make at once', '1500'),
  rateAddresses: variable(
    'OPENKUPE_RATE_LIMIT_ADDRESSES',
    'N',
    'addresses that are counted at the same time, 24 bytes each; beyond them, new ones are counted together',
    '1048576',
  ),
  connectionsPerAddress: variable(
    'OPENKUPE_CONNECTIONS_PER_ADDRESS',
    'N',
    'connections that one address may have open at the same time; more are answered 429. Trusted proxies may have any number',
    '1000',
  ),
  connections: variable(
    'OPENKUPE_CONNECTIONS',
    'N',
    'connections that may be open at the same time, all together; more are answered 503. Keep it below the limit of open files',
    '10000',
  ),
  idleConnectionSeconds: variable(
    'OPENKUPE_IDLE_CONNECTION_SECONDS',
    'SECONDS',
    'how long a connection may wait for its next request; keep it above what a proxy in front keeps idle connections',
    '65',
  ),
  corsOrigins: variable(
    'OPENKUPE_CORS_ORIGINS',
    'ORIGIN,…',
    'origins whose pages may call this API from a browser, such as https://console.example; none when empty',
  ),
  keyPerSecond: variable(
    'OPENKUPE_KEY_RATE_LIMIT_PER_SECOND',
    'N',
    'what one key may use a second, on average: a read counts 1, a list 2, a write 5; no limit when empty',
  ),
  keyBurst: variable('OPENKUPE_KEY_RATE_LIMIT_BURST', 'N', 'what one key may use at once; five seconds of its rate when empty'),
  tenantPerSecond: variable(
    'OPENKUPE_TENANT_RATE_LIMIT_PER_SECOND',
    'N',
    'what all callers of a tenant may use a second, counted like the limit of a key; no limit when empty',
  ),
  tenantBurst: variable('OPENKUPE_TENANT_RATE_LIMIT_BURST', 'N', 'what they may use at once; five seconds of the rate when empty'),
  tenantConcurrency: variable(
    'OPENKUPE_TENANT_CONCURRENCY',
    'N',
    'requests of one tenant that may run at the same time; no cap when empty',
  ),
  shadowLimits: variable(
    'OPENKUPE_SHADOW_LIMITS',
    'NAME,…',
    'limits that are only watched and refuse nothing: address, key, tenant, concurrency',
  ),
  tokenReviewUrl: variable(
    'OPENKUPE_TOKEN_REVIEW_URL',
    'URL',
    'where the API servers of clusters reach this control plane to ask whose token they were sent; its port on 127.0.0.1 when empty',
  ),
  tokenReviewCaFile: variable(
    'OPENKUPE_TOKEN_REVIEW_CA_FILE',
    'FILE',
    'CA certificates, as PEM, that its certificate there has to be under; those that the API servers trust when empty',
  ),
  metricsPort: variable(
    'OPENKUPE_METRICS_PORT',
    'PORT',
    'a port of its own for Prometheus to read metrics from, at /metrics; 0 picks a free one, none when empty',
  ),
  metricsHost: variable(
    'OPENKUPE_METRICS_HOST',
    'ADDRESS',
    'address that port is on; every process that reaches it can read it',
    '127.0.0.1',
  ),
  idempotencyMiB: variable(
    'OPENKUPE_IDEMPOTENCY_MIB_PER_TENANT',
    'MIB',
    "what a tenant's answers kept under idempotency keys may take on disk; the oldest go first, each stays an hour at least",
    '64',
  ),
  keptEvents: variable(
    'OPENKUPE_KEPT_EVENTS',
    'N',
    'events that are kept, of all tenants together; older ones cannot be read any more',
    '100000',
  ),
  eventRetentionDays: variable(
    'OPENKUPE_EVENT_RETENTION_DAYS',
    'DAYS',
    'how long events are kept, as far as OPENKUPE_KEPT_EVENTS allows',
    '30',
  ),
  auditRetentionDays: variable('OPENKUPE_AUDIT_RETENTION_DAYS', 'DAYS', 'how long rows of the audit are kept', '400'),
  internalWebhooks: variable(
    'OPENKUPE_INTERNAL_WEBHOOKS',
    'off|on',
    'on: webhooks of every tenant may use http, any port, and addresses inside the network of this server',
    'off',
  ),
  provisioningSeconds: variable(
    'OPENKUPE_SANDBOX_PROVISIONING_SECONDS',
    'SECONDS',
    'how long the sandbox engine takes to build a cluster',
    '8',
  ),
  upgradingSeconds: variable(
    'OPENKUPE_SANDBOX_UPGRADING_SECONDS',
    'SECONDS',
    'how long it takes to change one; clients poll up to every 10 s and must see it',
    '12',
  ),
  terminatingSeconds: variable('OPENKUPE_SANDBOX_TERMINATING_SECONDS', 'SECONDS', 'how long it takes to delete one', '3'),
  drainSeconds: variable('OPENKUPE_DRAIN_SECONDS', 'SECONDS', 'how long running requests may take to finish after SIGTERM or Ctrl-C', '10'),
} satisfies Record<string, Setting>;

/** The key of a setting in {@link SETTINGS}. */
export type SettingName = keyof typeof SETTINGS;

/** Whether the value is a list with commas, which the configuration file may also hold as a list of YAML. */
export const isList = ({ placeholder }: Pick<Setting, 'placeholder'>): boolean => placeholder.endsWith(',…');

/** Settings that SIGHUP changes; every other one needs a restart. */
export const RELOADED: ReadonlySet<SettingName> = new Set<SettingName>(['logLevel']);

/** The variable with the passphrase of backups: of `openkupe store` alone, and no setting, so that no flag takes it. */
export const PASSPHRASE_VARIABLE = 'OPENKUPE_BACKUP_PASSPHRASE';

/** The prefix of every variable; one with this prefix that is not in the table is refused as a typing error. */
export const PREFIX = 'OPENKUPE_';
