/** Every setting: its flag, its variable, what it means, and its default as text. Flags win over variables, variables over defaults. */
export interface Setting {
  readonly flag?: string;
  readonly variable: string;
  readonly placeholder: string;
  readonly meaning: string;
  readonly fallback: string;
  /** The flag takes no value; the variable is `yes` or `no`. */
  readonly isSwitch?: true;
}

export const SETTINGS = {
  host: { flag: 'host', variable: 'OPENKUPE_HOST', placeholder: 'ADDRESS', meaning: 'address to listen on', fallback: '127.0.0.1' },
  port: {
    flag: 'port',
    variable: 'OPENKUPE_PORT',
    placeholder: 'PORT',
    meaning: 'port to listen on; 0 picks a free one',
    fallback: '8080',
  },
  data: { flag: 'data', variable: 'OPENKUPE_DATA', placeholder: 'DIR', meaning: 'folder for everything that is kept', fallback: 'data' },
  operatorSocket: {
    variable: 'OPENKUPE_OPERATOR_SOCKET',
    placeholder: 'FILE',
    meaning: 'where `openkupe operator` reaches this server; operator.sock in the data folder if not given (not on Windows)',
    fallback: '',
  },
  writeEnv: {
    flag: 'write-env',
    variable: 'OPENKUPE_WRITE_ENV',
    placeholder: 'FILE',
    meaning: 'write KUPE_HOST, KUPE_TENANT and KUPE_API_KEY to FILE, for scripts; the key is then in FILE only and not printed',
    fallback: '',
  },
  noFirstTenant: {
    flag: 'no-first-tenant',
    variable: 'OPENKUPE_NO_FIRST_TENANT',
    placeholder: '',
    meaning: 'make no tenant and no key on an empty store; `openkupe operator tenant create` makes the first one',
    fallback: 'no',
    isSwitch: true,
  },
  logLevel: {
    flag: 'log-level',
    variable: 'OPENKUPE_LOG_LEVEL',
    placeholder: 'LEVEL',
    meaning: 'debug, info, warn, error or silent; log lines are JSON on stderr',
    fallback: 'warn',
  },
  oidcIssuer: {
    variable: 'OPENKUPE_OIDC_ISSUER',
    placeholder: 'URL',
    meaning: 'issuer whose access tokens are accepted, as in their iss claim; none when empty',
    fallback: '',
  },
  oidcAudience: {
    variable: 'OPENKUPE_OIDC_AUDIENCE',
    placeholder: 'AUDIENCE',
    meaning: 'what the aud claim of an access token has to hold',
    fallback: 'kupe-cli',
  },
  oidcAssumeVerified: {
    variable: 'OPENKUPE_OIDC_ASSUME_EMAIL_VERIFIED',
    placeholder: 'on|off',
    meaning: 'whether the address in a token without the claim email_verified counts as verified; some issuers never send it',
    fallback: 'off',
  },
  oidcIdTokens: {
    variable: 'OPENKUPE_OIDC_ACCEPT_ID_TOKENS',
    placeholder: 'on|off',
    meaning: 'whether ID tokens are accepted too: for Dex and other issuers whose access tokens cannot be told from them',
    fallback: 'off',
  },
  openbaoAddress: {
    variable: 'OPENKUPE_OPENBAO_ADDRESS',
    placeholder: 'URL',
    meaning: 'OpenBao server that holds the values of secrets; encrypted files in the data folder when empty',
    fallback: '',
  },
  openbaoToken: {
    variable: 'OPENKUPE_OPENBAO_TOKEN',
    placeholder: 'TOKEN',
    meaning: 'token that may read the values of every tenant there',
    fallback: '',
  },
  openbaoMount: {
    variable: 'OPENKUPE_OPENBAO_MOUNT',
    placeholder: 'MOUNT',
    meaning: 'mount of the KV engine (version 2); with {tenant} in it one mount per tenant, without it paths begin with tenants/<tenant>/',
    fallback: 'kv',
  },
  openbaoTimeoutSeconds: {
    variable: 'OPENKUPE_OPENBAO_TIMEOUT_SECONDS',
    placeholder: 'SECONDS',
    meaning: 'how long OpenBao may take to answer',
    fallback: '5',
  },
  masks: {
    variable: 'OPENKUPE_ALERTMANAGER_MASK',
    placeholder: 'WHOM',
    meaning: 'from whom credentials in alert receivers are hidden: readonly, or everyone',
    fallback: 'readonly',
  },
  trustedProxies: {
    variable: 'OPENKUPE_TRUSTED_PROXIES',
    placeholder: 'CIDR,…',
    meaning: 'proxies whose word about the client address is believed, as CIDR blocks',
    fallback: '',
  },
  forwardingHeader: {
    variable: 'OPENKUPE_FORWARDING_HEADER',
    placeholder: 'NAME',
    meaning: 'the header those proxies write: x-forwarded-for, or forwarded (RFC 7239); the other one is ignored',
    fallback: 'x-forwarded-for',
  },
  proxyProtocol: {
    variable: 'OPENKUPE_PROXY_PROTOCOL',
    placeholder: 'on|off',
    meaning: 'whether those proxies begin every connection with a PROXY header, version 1 or 2; then one without it is closed',
    fallback: 'off',
  },
  ratePerSecond: {
    variable: 'OPENKUPE_RATE_LIMIT_PER_SECOND',
    placeholder: 'N',
    meaning: 'requests a second that one address may make, on average',
    fallback: '20',
  },
  rateBurst: {
    variable: 'OPENKUPE_RATE_LIMIT_BURST',
    placeholder: 'N',
    meaning: 'requests that one address may make at once',
    fallback: '100',
  },
  rateAddresses: {
    variable: 'OPENKUPE_RATE_LIMIT_ADDRESSES',
    placeholder: 'N',
    meaning: 'addresses that are counted at the same time, 24 bytes each; beyond them, newcomers are counted together',
    fallback: '1048576',
  },
  connectionsPerAddress: {
    variable: 'OPENKUPE_CONNECTIONS_PER_ADDRESS',
    placeholder: 'N',
    meaning: 'connections that one address may have open at the same time; more are answered 429. Trusted proxies may have any number',
    fallback: '1000',
  },
  connections: {
    variable: 'OPENKUPE_CONNECTIONS',
    placeholder: 'N',
    meaning: 'connections that may be open at the same time, all together; more are answered 503. Keep it below the limit of open files',
    fallback: '10000',
  },
  idleConnectionSeconds: {
    variable: 'OPENKUPE_IDLE_CONNECTION_SECONDS',
    placeholder: 'SECONDS',
    meaning: 'how long a connection may wait for its next request; keep it above what a proxy in front keeps idle connections',
    fallback: '65',
  },
  corsOrigins: {
    variable: 'OPENKUPE_CORS_ORIGINS',
    placeholder: 'ORIGIN,…',
    meaning: 'origins whose pages may call this API from a browser, such as https://console.example; none when empty',
    fallback: '',
  },
  keyPerSecond: {
    variable: 'OPENKUPE_KEY_RATE_LIMIT_PER_SECOND',
    placeholder: 'N',
    meaning: 'what one key may use a second, on average: a read counts 1, a list 2, a write 5; no limit when empty',
    fallback: '',
  },
  keyBurst: {
    variable: 'OPENKUPE_KEY_RATE_LIMIT_BURST',
    placeholder: 'N',
    meaning: 'what one key may use at once; five seconds of its rate when empty',
    fallback: '',
  },
  tenantPerSecond: {
    variable: 'OPENKUPE_TENANT_RATE_LIMIT_PER_SECOND',
    placeholder: 'N',
    meaning: 'what all callers of a tenant may use a second, counted like the limit of a key; no limit when empty',
    fallback: '',
  },
  tenantBurst: {
    variable: 'OPENKUPE_TENANT_RATE_LIMIT_BURST',
    placeholder: 'N',
    meaning: 'what they may use at once; five seconds of the rate when empty',
    fallback: '',
  },
  tenantConcurrency: {
    variable: 'OPENKUPE_TENANT_CONCURRENCY',
    placeholder: 'N',
    meaning: 'requests of one tenant that may run at the same time; no cap when empty',
    fallback: '',
  },
  shadowLimits: {
    variable: 'OPENKUPE_SHADOW_LIMITS',
    placeholder: 'NAME,…',
    meaning: 'limits that are only watched and refuse nothing: address, key, tenant, concurrency',
    fallback: '',
  },
  metricsPort: {
    variable: 'OPENKUPE_METRICS_PORT',
    placeholder: 'PORT',
    meaning: 'a port of its own for Prometheus to read metrics from, at /metrics; 0 picks a free one, none when empty',
    fallback: '',
  },
  metricsHost: {
    variable: 'OPENKUPE_METRICS_HOST',
    placeholder: 'ADDRESS',
    meaning: 'address that port is on; whoever reaches it can read it',
    fallback: '127.0.0.1',
  },
  idempotencyMiB: {
    variable: 'OPENKUPE_IDEMPOTENCY_MIB_PER_TENANT',
    placeholder: 'MIB',
    meaning: "what a tenant's answers kept under idempotency keys may take on disk; the oldest go first, each stays an hour at least",
    fallback: '64',
  },
  auditRetentionDays: {
    variable: 'OPENKUPE_AUDIT_RETENTION_DAYS',
    placeholder: 'DAYS',
    meaning: 'how long rows of the audit are kept',
    fallback: '400',
  },
  provisioningSeconds: {
    variable: 'OPENKUPE_SANDBOX_PROVISIONING_SECONDS',
    placeholder: 'SECONDS',
    meaning: 'how long the sandbox engine takes to build a cluster',
    fallback: '8',
  },
  upgradingSeconds: {
    variable: 'OPENKUPE_SANDBOX_UPGRADING_SECONDS',
    placeholder: 'SECONDS',
    meaning: 'how long it takes to change one; clients poll up to every 10 s and must see it',
    fallback: '12',
  },
  terminatingSeconds: {
    variable: 'OPENKUPE_SANDBOX_TERMINATING_SECONDS',
    placeholder: 'SECONDS',
    meaning: 'how long it takes to delete one',
    fallback: '3',
  },
  drainSeconds: {
    variable: 'OPENKUPE_DRAIN_SECONDS',
    placeholder: 'SECONDS',
    meaning: 'how long running requests may take to finish after SIGTERM or Ctrl-C',
    fallback: '10',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** What every variable of ours starts with; one that is not in the table is a mistake worth stopping for. */
export const PREFIX = 'OPENKUPE_';
