import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.ts';
import { describeSettings } from './given-settings.ts';
import { SETTINGS } from './settings.ts';

const problemsOf = (argv: string[], env: Record<string, string> = {}): readonly string[] => {
  try {
    readConfig(argv, env, '/srv');
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('the settings', () => {
  it('have defaults that work', () => {
    expect(readConfig([], { HOME: '/root' }, '/srv')).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      dataFolder: '/srv/data',
      envFile: undefined,
      rateLimit: { perSecond: 100, burst: 1500 },
      rateAddresses: 1_048_576,
      durations: { provisioningMs: 8_000, upgradingMs: 12_000, terminatingMs: 3_000 },
    });
  });

  it.each([
    [['--port', '1'], {}, { port: 1 }],
    [['--port=1'], { OPENKUPE_PORT: '2' }, { port: 1 }],
    [[], { OPENKUPE_PORT: '2' }, { port: 2 }],
    [['--data', 'x'], {}, { dataFolder: '/srv/x' }],
    [['--data', '/abs'], {}, { dataFolder: '/abs' }],
    [['--host', '::1'], {}, { host: '::1' }],
    [['--write-env', 'e'], {}, { envFile: '/srv/e', makesFirstTenant: true }],
    [['--no-first-tenant', '--port', '1'], {}, { makesFirstTenant: false, port: 1 }],
    [[], { OPENKUPE_NO_FIRST_TENANT: 'yes' }, { makesFirstTenant: false }],
    [['--log-level', 'debug'], {}, { logLevel: 'debug' }],
    [[], { OPENKUPE_RATE_LIMIT_PER_SECOND: '0.5', OPENKUPE_RATE_LIMIT_BURST: '3' }, { rateLimit: { perSecond: 0.5, burst: 3 } }],
    [[], { OPENKUPE_SANDBOX_UPGRADING_SECONDS: '0.25' }, { durations: { provisioningMs: 8_000, upgradingMs: 250, terminatingMs: 3_000 } }],
    [[], { OPENKUPE_DRAIN_SECONDS: '1' }, { drainMs: 1_000 }],
    [[], {}, { connections: { perAddress: 1_000, together: 10_000 } }],
    [[], { OPENKUPE_CONNECTIONS: '9', OPENKUPE_CONNECTIONS_PER_ADDRESS: '2' }, { connections: { perAddress: 2, together: 9 } }],
    [[], { OPENKUPE_OIDC_ISSUER: 'https://auth.example/' }, { oidc: { issuer: 'https://auth.example/', audience: 'kupe-cli' } }],
    [[], {}, { openbao: undefined, metrics: undefined, database: undefined }],
    [
      [],
      { OPENKUPE_DATABASE_URL: 'postgres://kupe@db.example/control%20plane', OPENKUPE_DATABASE_PASSWORD_FILE: 'pw' },
      {
        database: {
          servers: [{ host: 'db.example', port: 5432 }],
          user: 'kupe',
          database: 'control plane',
          isEncrypted: true,
          passwordFile: '/srv/pw',
        },
      },
    ],
    ...(
      [
        ['postgresql://u:p%40@127.0.0.1:5433/d', { servers: [{ host: '127.0.0.1', port: 5433 }], password: 'p@', isEncrypted: false }],
        ['postgres://u@[::1]/d', { servers: [{ host: '::1', port: 5432 }], isEncrypted: false }],
        ['postgres://u@localhost/d?sslmode=verify-full', { servers: [{ host: 'localhost', port: 5432 }], isEncrypted: true }],
        ['postgres://u@10.0.0.1/d?sslmode=disable', { servers: [{ host: '10.0.0.1', port: 5432 }], isEncrypted: false }],
        ['postgres://u@%2Frun%2Fpostgresql/d', { servers: [{ host: '/run/postgresql', port: 5432 }], isEncrypted: false }],
        [
          'postgresql://u:p%2C@a,[::1]:5433/d?target_session_attrs=read-write',
          {
            servers: [
              { host: 'a', port: 5432 },
              { host: '::1', port: 5433 },
            ],
            password: 'p,',
            isEncrypted: true,
          },
        ],
        ['postgres://u@127.0.0.1:1,127.0.0.1:2/d', { isEncrypted: false }],
      ] as const
    ).map(([url, database]): [string[], Record<string, string>, object] => [[], { OPENKUPE_DATABASE_URL: url }, { database }]),
    [[], {}, { engines: { shared: 'sandbox', dedicated: 'sandbox' } }],
    [['--engine', 'local'], {}, { engines: { shared: 'local', dedicated: 'local' } }],
    [
      ['--engine', 'local'],
      {
        OPENKUPE_ENGINE_SHARED: 'vcluster',
        OPENKUPE_VCLUSTER_VERSIONS: 'v1.36.3, v1.35.4',
        OPENKUPE_TOKEN_REVIEW_URL: 'https://kupe.example',
      },
      {
        engines: { shared: 'vcluster', dedicated: 'local' },
        vcluster: { versions: ['v1.36.3', 'v1.35.4'], endpoint: 'load-balancer', storageClass: '' },
      },
    ],
    [
      [],
      { OPENKUPE_ENGINE_DEDICATED: 'cluster-api', OPENKUPE_CLUSTER_API_FILE: 'capi.json' },
      { engines: { shared: 'sandbox', dedicated: 'cluster-api' }, clusterApiFile: '/srv/capi.json', hostKubeconfig: undefined },
    ],
    [
      ['--engine', 'vcluster'],
      {
        OPENKUPE_VCLUSTER_VERSIONS: 'v1.36.3',
        OPENKUPE_VCLUSTER_STORAGE_CLASS: 'fast',
        OPENKUPE_VCLUSTER_ENDPOINT: 'node-port:kupe.example',
        OPENKUPE_TOKEN_REVIEW_URL: 'https://kupe.example',
        OPENKUPE_TOKEN_REVIEW_CA_FILE: 'ca.pem',
      },
      {
        vcluster: { versions: ['v1.36.3'], endpoint: 'node-port:kupe.example', storageClass: 'fast' },
        tokenReview: { url: 'https://kupe.example', caFile: '/srv/ca.pem' },
      },
    ],
    [[], { OPENKUPE_LOCAL_CLUSTERS: '2', OPENKUPE_KUBERNETES_PROGRAMS: 'k' }, { local: { mostClusters: 2, programs: '/srv/k' } }],
    [[], { OPENKUPE_METRICS_PORT: '9464' }, { metrics: { host: '127.0.0.1', port: 9464 } }],
    [[], { OPENKUPE_METRICS_PORT: '0', OPENKUPE_METRICS_HOST: '::' }, { metrics: { host: '::', port: 0 } }],
    [[], {}, { callerPolicies: undefined, isAddressShadow: false }],
    [[], { OPENKUPE_KEY_RATE_LIMIT_PER_SECOND: '2' }, { callerPolicies: { key: { perSecond: 2, burst: 10, isShadow: false } } }],
    [
      [],
      { OPENKUPE_TENANT_RATE_LIMIT_PER_SECOND: '2', OPENKUPE_TENANT_RATE_LIMIT_BURST: '7', OPENKUPE_SHADOW_LIMITS: 'tenant, address' },
      { callerPolicies: { tenant: { perSecond: 2, burst: 7, isShadow: true } }, isAddressShadow: true },
    ],
    [[], { OPENKUPE_TENANT_CONCURRENCY: '3' }, { callerPolicies: { tenantInFlight: { name: 'concurrency', most: 3, isShadow: false } } }],
    [
      [],
      { OPENKUPE_OPENBAO_ADDRESS: 'https://vault.example', OPENKUPE_OPENBAO_TOKEN: 's.x', OPENKUPE_OPENBAO_TIMEOUT_SECONDS: '2' },
      { openbao: { address: 'https://vault.example', token: 's.x', mount: 'kv', timeoutMs: 2_000 } },
    ],
    [
      [],
      { OPENKUPE_OIDC_ISSUER: 'http://127.0.0.1:9', OPENKUPE_OIDC_AUDIENCE: 'kupe' },
      { oidc: { issuer: 'http://127.0.0.1:9', audience: 'kupe' } },
    ],
  ])('%j with %j', (argv, env, expected) => expect(readConfig(argv, env, '/srv')).toMatchObject(expected));

  it('reads trusted proxies as CIDR blocks', () => {
    const { trustedProxies } = readConfig([], { OPENKUPE_TRUSTED_PROXIES: '10.0.0.0/8, ::1' }, '/srv');
    expect(['10.1.2.3', '::1', '11.0.0.1'].map((address) => trustedProxies.includes(address))).toEqual([true, true, false]);
  });

  it('reads which header the proxies write', () => {
    const proxies = { OPENKUPE_TRUSTED_PROXIES: '10.0.0.0/8' };
    expect(readConfig([], proxies, '/srv').forwardingHeader).toBe('x-forwarded-for');
    expect(readConfig([], { ...proxies, OPENKUPE_FORWARDING_HEADER: 'forwarded' }, '/srv').forwardingHeader).toBe('forwarded');
  });

  it('reads whether proxies send PROXY headers', () => {
    const proxies = { OPENKUPE_TRUSTED_PROXIES: '10.0.0.0/8' };
    expect(readConfig([], { OPENKUPE_PROXY_PROTOCOL: 'off' }, '/srv').expectsProxyHeader).toBe(false);
    expect(readConfig([], { ...proxies, OPENKUPE_PROXY_PROTOCOL: 'on' }, '/srv').expectsProxyHeader).toBe(true);
  });

  it('leaves the passphrase of backups, which is no setting, to what makes them', () => {
    expect(readConfig([], { OPENKUPE_BACKUP_PASSPHRASE: 'x' }, '/srv').host).toBe('127.0.0.1');
  });

  it.each([
    [['--prot', '1'], {}, 'Unknown flag "--prot"'],
    [['-x'], {}, 'Unknown flag "-x"'],
    [['extra'], {}, 'Unexpected argument "extra"'],
    [['--port'], {}, 'The flag --port needs a value: --port PORT'],
    [['--port', 'eighty'], {}, '--port (OPENKUPE_PORT) must be a whole number from 0 to 65535, not "eighty"'],
    [[], { OPENKUPE_ENGINE_DEDICATED: 'cluster-api' }, 'OPENKUPE_CLUSTER_API_FILE has to be given for the engine "cluster-api"'],
    [[], { OPENKUPE_CLUSTER_API_FILE: 'x' }, 'OPENKUPE_CLUSTER_API_FILE has no effect without the engine "cluster-api"'],
    [['--engine', 'local'], { OPENKUPE_DATABASE_URL: 'postgres://u@localhost/d' }, 'The engine local needs the store in the data folder'],
    [['--engine', 'vcluster'], {}, 'OPENKUPE_VCLUSTER_VERSIONS has to be given for the engine "vcluster"'],
    [['--engine', 'vcluster'], {}, 'OPENKUPE_TOKEN_REVIEW_URL=https://… has to be given for the engine "vcluster"'],
    [
      ['--engine', 'vcluster'],
      { OPENKUPE_TOKEN_REVIEW_URL: 'http://127.0.0.1:8080' },
      'OPENKUPE_TOKEN_REVIEW_URL=https://… has to be given for the engine "vcluster"',
    ],
    [
      ['--tls-cert', 'c', '--tls-key', 'k', '--engine', 'local'],
      {},
      'With --tls-cert, API servers of clusters need OPENKUPE_TOKEN_REVIEW_URL',
    ],
    [['--engine', 'kind'], {}, '--engine (OPENKUPE_ENGINE) must be one of sandbox, local, vcluster, cluster-api, not "kind"'],
    [['--port', '70000'], {}, 'must be a whole number from 0 to 65535, not "70000"'],
    [['--port', '1.5'], {}, 'must be a whole number'],
    [[], { OPENKUPE_PROT: '1' }, 'Unknown variable OPENKUPE_PROT'],
    [[], { OPENKUPE_RATE_LIMIT_BURST: '0' }, 'OPENKUPE_RATE_LIMIT_BURST must be a whole number from 1'],
    [[], { OPENKUPE_RATE_LIMIT_PER_SECOND: '' }, 'OPENKUPE_RATE_LIMIT_PER_SECOND must be a number'],
    [[], { OPENKUPE_TRUSTED_PROXIES: '1' }, 'hop count'],
    [
      [],
      { OPENKUPE_TRUSTED_PROXIES: '10.0.0.1', OPENKUPE_FORWARDING_HEADER: 'x-real-ip' },
      'OPENKUPE_FORWARDING_HEADER must be one of x-forwarded-for, forwarded, not "x-real-ip"',
    ],
    [[], { OPENKUPE_PROXY_PROTOCOL: 'on' }, 'OPENKUPE_PROXY_PROTOCOL has no effect without OPENKUPE_TRUSTED_PROXIES'],
    [
      [],
      { OPENKUPE_TRUSTED_PROXIES: '10.0.0.1', OPENKUPE_PROXY_PROTOCOL: 'v2' },
      'OPENKUPE_PROXY_PROTOCOL must be one of off, on, not "v2"',
    ],
    [[], { OPENKUPE_FORWARDING_HEADER: 'forwarded' }, 'OPENKUPE_FORWARDING_HEADER has no effect without OPENKUPE_TRUSTED_PROXIES'],
    [
      [],
      { OPENKUPE_TRUSTED_PROXIES: ' , ', OPENKUPE_FORWARDING_HEADER: 'x-forwarded-for' },
      'OPENKUPE_FORWARDING_HEADER has no effect without OPENKUPE_TRUSTED_PROXIES',
    ],
    [[], { OPENKUPE_OIDC_ISSUER: 'http://auth.example' }, 'OPENKUPE_OIDC_ISSUER must be an https URL'],
    [
      [],
      { OPENKUPE_OPENBAO_ADDRESS: 'http://vault.example', OPENKUPE_OPENBAO_TOKEN: 'x' },
      'OPENKUPE_OPENBAO_ADDRESS must be an https URL',
    ],
    [[], { OPENKUPE_OPENBAO_ADDRESS: 'https://vault.example' }, 'OPENKUPE_OPENBAO_TOKEN must be a token'],
    [
      [],
      { OPENKUPE_OPENBAO_ADDRESS: 'https://vault.example', OPENKUPE_OPENBAO_TOKEN: 'x', OPENKUPE_OPENBAO_MOUNT: '../sys' },
      'OPENKUPE_OPENBAO_MOUNT must be',
    ],
    [[], { OPENKUPE_KEY_RATE_LIMIT_BURST: '5' }, 'OPENKUPE_KEY_RATE_LIMIT_BURST needs OPENKUPE_KEY_RATE_LIMIT_PER_SECOND'],
    [[], { OPENKUPE_TENANT_CONCURRENCY: '0' }, 'OPENKUPE_TENANT_CONCURRENCY must be a whole number from 1'],
    [[], { OPENKUPE_CONNECTIONS: 'many' }, 'OPENKUPE_CONNECTIONS must be a whole number from 1 to 1000000, not "many"'],
    [[], { OPENKUPE_CONNECTIONS_PER_ADDRESS: '0' }, 'OPENKUPE_CONNECTIONS_PER_ADDRESS must be a whole number from 1'],
    [[], { OPENKUPE_SHADOW_LIMITS: 'keys' }, 'OPENKUPE_SHADOW_LIMITS must be names of address, key'],
    [
      [],
      { OPENKUPE_RATE_LIMIT_ADDRESSES: '1000' },
      'OPENKUPE_RATE_LIMIT_ADDRESSES must be a whole number from 1024 to 67108864, not "1000"',
    ],
    [[], { OPENKUPE_METRICS_PORT: '70000' }, 'OPENKUPE_METRICS_PORT must be a whole number from 0 to 65535, not "70000"'],
    [[], { OPENKUPE_ALERTMANAGER_URL: 'http://127.0.0.1:9093' }, 'OPENKUPE_ALERTMANAGER_CONFIG_FILE belong together; give both or none'],
    [[], { OPENKUPE_ALERTMANAGER_CONFIG_FILE: 'am.yml' }, 'OPENKUPE_ALERTMANAGER_CONFIG_FILE belong together; give both or none'],
    [
      [],
      { OPENKUPE_ALERTMANAGER_URL: 'http://am.example', OPENKUPE_ALERTMANAGER_CONFIG_FILE: 'am.yml' },
      'OPENKUPE_ALERTMANAGER_URL must be an https URL',
    ],
    [[], { OPENKUPE_METRICS_HOST: '0.0.0.0' }, 'OPENKUPE_METRICS_HOST has no effect without OPENKUPE_METRICS_PORT'],
    [[], { OPENKUPE_TOKEN_REVIEW_URL: 'http://kupe.example' }, 'OPENKUPE_TOKEN_REVIEW_URL must be an https URL'],
    [[], { OPENKUPE_TOKEN_REVIEW_CA_FILE: 'ca.pem' }, 'OPENKUPE_TOKEN_REVIEW_CA_FILE has no effect without'],
    [['--log-level', 'loud'], {}, 'one of debug, info, warn, error, silent, not "loud"'],
  ])('refuses %j with %j', (argv, env, message) => expect(problemsOf(argv, env).join('\n')).toContain(message));

  it.each([
    'https://user:hunter2@auth.example',
    'https://hunter2@auth.example/',
    'https://auth.example/?key=hunter2',
    'https://auth.example/#hunter2',
  ])('refuses the address %s, which would be shown, without repeating it', (address) => {
    for (const name of ['OPENKUPE_OIDC_ISSUER', 'OPENKUPE_OPENBAO_ADDRESS']) {
      const problems = problemsOf([], { OPENKUPE_OIDC_AUDIENCE: 'kupe', OPENKUPE_OPENBAO_TOKEN: 'x', [name]: address }).join('\n');
      expect(problems).toContain(`${name} must be an address without a user name, password, "?" or "#"`);
      expect(problems).not.toContain('hunter2');
    }
  });

  it.each([
    ['mysql://u:hunter2@h/d', 'must be like postgres://user@host:5432/database'],
    ['u:hunter2@h', 'must be like postgres://user@host:5432/database'],
    ['postgres://u:hunter2@h:5432,i:x/d', 'must be like postgres://user@host:5432/database'],
    ['postgres://u:hunter2@h,/d', 'must be like postgres://user@host:5432/database'],
    [
      'postgres://u:hunter2@h,i/d?target_session_attrs=standby',
      'target_session_attrs in OPENKUPE_DATABASE_URL must be read-write or primary',
    ],
    ['postgres://u:hunter2@h/', 'must name a user and a database'],
    ['postgres://h/d', 'must name a user and a database'],
    ['postgres://u:hunter2%@h/d', 'must name a user and a database'],
    ['postgres://u:hunter2@/d', 'must be like postgres://user@host:5432/database'],
    ['postgres:///d', 'names no host'],
    ['postgres://u:hunter2@h/d?sslmode=require', 'sslmode in OPENKUPE_DATABASE_URL must be disable or verify-full, not "require"'],
    ['postgres://u:hunter2@h/d?sslcert=x', 'has the parameter "sslcert"'],
  ])('refuses the database %s without repeating it', (url, message) => {
    const problems = problemsOf([], { OPENKUPE_DATABASE_URL: url }).join('\n');
    expect(problems).toContain(message);
    expect(problems).not.toContain('hunter2');
  });

  it.each([
    [{ OPENKUPE_ROLE: 'api' }, 'OPENKUPE_ROLE=api needs OPENKUPE_DATABASE_URL'],
    [{ OPENKUPE_ROLE: 'worker' }, 'OPENKUPE_ROLE must be one of all, api, workers'],
    [
      { OPENKUPE_DATABASE_URL: 'postgres://u@localhost/d', OPENKUPE_ROLE: 'workers', OPENKUPE_WRITE_ENV: 'env' },
      '--write-env needs a process that serves the API',
    ],
    [{ OPENKUPE_DATABASE_PASSWORD_FILE: 'pw' }, 'OPENKUPE_DATABASE_PASSWORD_FILE has no effect without OPENKUPE_DATABASE_URL'],
    [{ OPENKUPE_DATABASE_CA_FILE: 'ca' }, 'OPENKUPE_DATABASE_CA_FILE has no effect without OPENKUPE_DATABASE_URL'],
    [{ OPENKUPE_DATABASE_URL: 'postgres://u:p@h/d', OPENKUPE_DATABASE_PASSWORD_FILE: 'pw' }, 'give one of them'],
    [{ OPENKUPE_SECRETS: '{}', OPENKUPE_SECRETS_FILE: 'secrets' }, 'OPENKUPE_SECRETS_FILE and OPENKUPE_SECRETS name secrets twice'],
    [{ OPENKUPE_DATABASE_URL: 'postgres://u@localhost/d', OPENKUPE_DATABASE_CA_FILE: 'ca' }, 'no effect on a connection without TLS'],
  ])('refuses settings of the database that contradict each other: %j', (env, message) =>
    expect(problemsOf([], env).join('\n')).toContain(message),
  );

  it('reports everything that is wrong at once', () => {
    expect(problemsOf(['--port', 'x', '--nope', '1'], { OPENKUPE_RATE_LIMIT_BURST: '0' })).toHaveLength(3);
  });

  it('are all in --help, with their defaults', () => {
    for (const setting of Object.values(SETTINGS)) expect(describeSettings()).toContain(setting.meaning);
    expect(describeSettings()).toContain('(default 8080)');
  });
});
