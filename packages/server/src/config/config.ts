import { resolve } from 'node:path';
import { LIMITS } from '@openkupe/contract';
import type { OidcIssuer } from '../auth/oidc-authenticator.ts';
import type { EngineChoice } from '../engines/engine-by-type.ts';
import type { ConnectionLimits } from '../http/connection-limits.ts';
import type { CallerPolicies } from '../rate-limit/caller-limits.ts';
import type { OpenBaoOptions } from '../secrets-backend/openbao/openbao-values.ts';
import { type ProxySettings, readProxies } from './behind-proxies.ts';
import { readCallerPolicies, SHADOW_LIMITS } from './caller-policies.ts';
import { type DatabaseSettings, readDatabase } from './database.ts';
import { type LocalSettings, readClusterApiFile, readEngines, readLocal, readVcluster } from './engines.ts';
import {
  type AlertmanagerSettings,
  readAlertmanager,
  readIssuer,
  readOpenBao,
  readTokenReview,
  type TokenReviewSettings,
} from './external-services.ts';
import { type FileSettings, readGiven } from './given-settings.ts';
import { type ProcessRole, readRole } from './role.ts';
import type { SecretsSettings } from './secrets.ts';
import { SettingReader } from './setting-reader.ts';
import { SETTINGS, type SettingName } from './settings.ts';
import { readValkey, type ValkeySettings } from './valkey.ts';

/** From the most to the fewest log lines. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
/** The least severity that is logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The settings, parsed and checked: paths are absolute, times in milliseconds. */
export interface Config extends ProxySettings {
  readonly host: string;
  readonly port: number;
  /** The files of the certificate with which HTTPS is served; `undefined` for HTTP. */
  readonly tlsFiles: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly dataFolder: string;
  /** The PostgreSQL database of the store; `undefined` for the embedded store in the data folder. */
  readonly database: DatabaseSettings | undefined;
  /** What this process does, where several are on the database. */
  readonly role: ProcessRole;
  /** Where the secrets of the installation are, if not in the data folder. */
  readonly secrets: SecretsSettings;
  /** The store of the address limit that several processes share; `undefined` where this one has it for itself. */
  readonly valkey: ValkeySettings | undefined;
  readonly envFile: string | undefined;
  /** Whether an empty store gets the tenant `demo` with an admin key. */
  readonly makesFirstTenant: boolean;
  /** The path of the operator's socket; `undefined` for the one in the data folder. */
  readonly operatorSocket: string | undefined;
  readonly logLevel: LogLevel;
  readonly oidc: OidcIssuer | undefined;
  readonly masks: 'readonly' | 'everyone';
  readonly alertmanager: AlertmanagerSettings | undefined;
  /** Whether webhooks may use http, any port, and internal addresses. */
  readonly allowsInternalWebhooks: boolean;
  readonly tokenReview: TokenReviewSettings;
  readonly openbao: Omit<OpenBaoOptions, 'clock'> | undefined;
  readonly rateLimit: { readonly perSecond: number; readonly burst: number };
  /** Addresses counted at the same time; determines the memory of the rate limit. */
  readonly rateAddresses: number;
  readonly connections: ConnectionLimits;
  /** Origins whose pages may read answers in a browser. */
  readonly allowedOrigins: ReadonlySet<string>;
  /** `undefined` where no limit of keys or tenants is set. */
  readonly callerPolicies: CallerPolicies | undefined;
  /** Whether the address limit counts and never refuses. */
  readonly isAddressShadow: boolean;
  /** Where the metrics are served; `undefined` for nowhere. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
  readonly idempotencyRecordBytesPerTenant: number;
  readonly auditRetentionMs: number;
  /** How long events are kept, in milliseconds, if there are not too many. */
  readonly eventRetentionMs: number;
  /** At least this many of the newest events stay readable; somewhat more are stored. */
  readonly keptEvents: number;
  /** Which engine runs the clusters of each type. */
  readonly engines: EngineChoice;
  /** The kubeconfig of the cluster that clusters are made on; `undefined` for the one that this process runs in. */
  readonly hostKubeconfig: string | undefined;
  /** The settings file of the engine `cluster-api`; given where that is chosen. */
  readonly clusterApiFile: string | undefined;
  readonly local: LocalSettings;
  /** What the engine `vcluster` is set to, not parsed yet. */
  readonly vcluster: { readonly versions: readonly string[]; readonly endpoint: string; readonly storageClass: string };
  readonly durations: { readonly provisioningMs: number; readonly upgradingMs: number; readonly terminatingMs: number };
  readonly drainMs: number;
}

/** Every problem of the settings, one sentence each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

const PORT = { least: 0, most: 65_535, isWhole: true };
const COUNT = { least: 1, most: 1_000_000, isWhole: true };
const DAY_MS = 86_400_000;

function readMetrics(read: SettingReader): Config['metrics'] {
  if (read.text('metricsPort') !== '') return { host: read.text('metricsHost'), port: read.number('metricsPort', PORT) };
  if (read.isGiven('metricsHost'))
    read.problems.push(`${SETTINGS.metricsHost.variable} has no effect without ${SETTINGS.metricsPort.variable}`);
  return undefined;
}

function readTls(read: SettingReader, certFile: string | undefined, keyFile: string | undefined): Config['tlsFiles'] {
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  if (certFile !== undefined || keyFile !== undefined)
    read.problems.push('--tls-cert and --tls-key (OPENKUPE_TLS_CERT, OPENKUPE_TLS_KEY) belong together; give both or none');
  return undefined;
}

function readSecretsSettings(read: SettingReader, file: string | undefined): SecretsSettings {
  const text = read.text('secrets') || undefined;
  if (file !== undefined && text !== undefined)
    read.problems.push(`${SETTINGS.secretsFile.variable} and ${SETTINGS.secrets.variable} name secrets twice; give one of them`);
  return { file, text };
}

function readFirstTenant(read: SettingReader): boolean {
  const makesFirstTenant = read.oneOf('noFirstTenant', ['no', 'yes']) === 'no';
  if (!makesFirstTenant && read.isGiven('writeEnv'))
    read.problems.push('--write-env needs the first tenant, which --no-first-tenant leaves out; give one of them');
  return makesFirstTenant;
}

/** Reads the settings; relative paths are below `folder`, also those in the file. @throws {ConfigError} with everything that is wrong. */
export function readConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
  file?: FileSettings,
): Config {
  const problems: string[] = [];
  const read = new SettingReader(readGiven(argv, env, file, problems), problems);
  const path = (name: SettingName) => (read.text(name) === '' ? undefined : resolve(folder, read.text(name)));
  const shadow = read.someOf('shadowLimits', SHADOW_LIMITS);
  const engines = readEngines(read);
  const config: Config = {
    ...readProxies(read),
    host: read.text('host'),
    port: read.number('port', PORT),
    tlsFiles: readTls(read, path('tlsCert'), path('tlsKey')),
    dataFolder: resolve(folder, read.text('data')),
    database: readDatabase(read, path),
    role: readRole(read),
    engines,
    hostKubeconfig: path('hostKubeconfig'),
    clusterApiFile: readClusterApiFile(read, engines, path),
    local: readLocal(read, path),
    vcluster: readVcluster(read, engines),
    secrets: readSecretsSettings(read, path('secretsFile')),
    valkey: readValkey(read, path),
    envFile: path('writeEnv'),
    makesFirstTenant: readFirstTenant(read),
    operatorSocket: path('operatorSocket'),
    logLevel: read.oneOf('logLevel', LOG_LEVELS),
    oidc: readIssuer(read),
    openbao: readOpenBao(read),
    tokenReview: readTokenReview(read, path),
    allowsInternalWebhooks: read.isOn('internalWebhooks'),
    masks: read.oneOf('masks', ['readonly', 'everyone']),
    alertmanager: readAlertmanager(read, path),
    rateLimit: { perSecond: read.number('ratePerSecond', { least: 0.01, most: 1_000_000 }), burst: read.number('rateBurst', COUNT) },
    rateAddresses: read.number('rateAddresses', { least: 1024, most: 2 ** 26, isWhole: true }),
    connections: {
      perAddress: read.number('connectionsPerAddress', COUNT),
      together: read.number('connections', COUNT),
      stalledMs: LIMITS.stalledConnectionMs,
      idleMs: read.number('idleConnectionSeconds', { least: 0.1, most: 3_600 }) * 1000,
    },
    allowedOrigins: read.origins('corsOrigins'),
    callerPolicies: readCallerPolicies(read, shadow),
    isAddressShadow: shadow.includes('address'),
    metrics: readMetrics(read),
    idempotencyRecordBytesPerTenant: read.number('idempotencyMiB', { least: 1, most: 1_000_000 }) * 2 ** 20,
    keptEvents: read.number('keptEvents', { least: 1_000, most: 100_000_000, isWhole: true }),
    eventRetentionMs: read.number('eventRetentionDays', { least: 1, most: 36_500 }) * DAY_MS,
    auditRetentionMs: read.number('auditRetentionDays', { least: 1, most: 36_500 }) * DAY_MS,
    durations: {
      provisioningMs: read.secondsAsMs('provisioningSeconds'),
      upgradingMs: read.secondsAsMs('upgradingSeconds'),
      terminatingMs: read.secondsAsMs('terminatingSeconds'),
    },
    drainMs: read.secondsAsMs('drainSeconds'),
  };
  if (config.tlsFiles && read.text('tokenReviewUrl') === '' && Object.values(config.engines).some((engine) => engine !== 'sandbox'))
    problems.push(
      `With --tls-cert, API servers of clusters need ${SETTINGS.tokenReviewUrl.variable} with a name of the certificate, and ${SETTINGS.tokenReviewCaFile.variable} with its authority`,
    );
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}
