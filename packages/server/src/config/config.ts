import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LIMITS } from '@openkupe/contract';
import type { OidcIssuer } from '../auth/oidc-authenticator.ts';
import type { CallerPolicies } from '../rate-limit/caller-limits.ts';
import type { RateLimit } from '../rate-limit/gcra.ts';
import type { OpenBaoOptions } from '../secrets-backend/openbao/openbao-values.ts';
import { type ProxySettings, readProxies } from './behind-proxies.ts';
import { PREFIX, SETTINGS, type Setting, type SettingName } from './names.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The settings with their meaning: checked, absolute, in the units of the code. */
export interface Config extends ProxySettings {
  readonly host: string;
  readonly port: number;
  readonly dataFolder: string;
  readonly envFile: string | undefined;
  /** Whether an empty store gets the tenant `demo` with an admin key. */
  readonly makesFirstTenant: boolean;
  /** The path of the operator's socket; `undefined` for the one in the data folder. */
  readonly operatorSocket: string | undefined;
  readonly logLevel: LogLevel;
  readonly oidc: OidcIssuer | undefined;
  readonly masks: 'readonly' | 'everyone';
  readonly openbao: Omit<OpenBaoOptions, 'clock'> | undefined;
  readonly rateLimit: { readonly perSecond: number; readonly burst: number };
  /** Addresses counted at the same time; what memory the guard takes at the start depends on it. */
  readonly rateAddresses: number;
  readonly connections: { readonly perAddress: number; readonly together: number; readonly stalledMs: number; readonly idleMs: number };
  /** Origins whose pages may read answers in a browser. */
  readonly allowedOrigins: ReadonlySet<string>;
  /** Absent where no limit of keys or tenants is set. */
  readonly callerPolicies: CallerPolicies | undefined;
  /** The address limit is only watched. */
  readonly isAddressShadow: boolean;
  /** Where the metrics are served; nowhere when absent. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
  readonly idempotencyRecordBytesPerTenant: number;
  readonly auditRetentionMs: number;
  readonly durations: { readonly provisioningMs: number; readonly upgradingMs: number; readonly terminatingMs: number };
  readonly drainMs: number;
}

/** Everything that is wrong with the settings, all at once, one sentence each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

const ENTRIES = Object.entries(SETTINGS) as [SettingName, Setting][];

const isSwitch = (name: SettingName) => (SETTINGS[name] as Setting).isSwitch === true;

function readFlags(argv: readonly string[], problems: string[]): Map<SettingName, string> {
  const known = new Map(ENTRIES.flatMap(([name, { flag }]) => (flag ? [[flag, name] as const] : [])));
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      [...known].map(([flag, name]) => [flag, { type: isSwitch(name) ? ('boolean' as const) : ('string' as const) }]),
    ),
  });
  const given = new Map<SettingName, string>();
  let isValueOfUnknown = false;
  for (const token of tokens ?? []) {
    if (token.kind === 'positional' && !isValueOfUnknown)
      problems.push(`Unexpected argument "${token.value}"; run with --help to see the flags`);
    isValueOfUnknown = false;
    if (token.kind !== 'option') continue;
    const name = known.get(token.name);
    isValueOfUnknown = !name;
    if (!name) problems.push(`Unknown flag "${token.rawName}"; run with --help to see the flags`);
    else if (isSwitch(name)) {
      if (token.value !== undefined) problems.push(`The flag --${token.name} takes no value; leave "${token.value}" out`);
      given.set(name, 'yes');
    } else if (!token.value) problems.push(`The flag --${token.name} needs a value: --${token.name} ${SETTINGS[name].placeholder}`);
    else given.set(name, token.value);
  }
  return given;
}

function readVariables(env: Readonly<Record<string, string | undefined>>, problems: string[]): Map<SettingName, string> {
  const known = new Map(ENTRIES.map(([name, { variable }]) => [variable, name]));
  const given = new Map<SettingName, string>();
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || value === undefined) continue;
    const name = known.get(variable);
    if (!name) problems.push(`Unknown variable ${variable}; the variables are ${[...known.keys()].join(', ')}`);
    else given.set(name, value);
  }
  return given;
}

const SHADOW_LIMITS = ['address', 'key', 'tenant', 'concurrency'] as const;
type ShadowLimit = (typeof SHADOW_LIMITS)[number];
const ADDRESSES = { least: 1024, most: 2 ** 26, isWhole: true } as const;
const PORT = { least: 0, most: 65_535, isWhole: true } as const;
const COUNT = { least: 1, most: 1_000_000 } as const;
const CALLER_BURST_SECONDS = 5;
const CALLER_HORIZON_MS = 60_000;

/** Reads one setting after another and remembers what is wrong with each. */
class Reader {
  readonly #given: ReadonlyMap<SettingName, string>;
  readonly problems: string[];
  constructor(given: ReadonlyMap<SettingName, string>, problems: string[]) {
    this.#given = given;
    this.problems = problems;
  }
  isGiven(name: SettingName): boolean {
    return this.#given.has(name);
  }
  text(name: SettingName): string {
    return this.#given.get(name) ?? SETTINGS[name].fallback;
  }
  #refuse(name: SettingName, rule: string): void {
    const setting: Setting = SETTINGS[name];
    this.problems.push(
      `${setting.flag ? `--${setting.flag} (${setting.variable})` : setting.variable} must be ${rule}, not "${this.text(name)}"`,
    );
  }
  number(name: SettingName, range: { least: number; most: number; isWhole?: boolean }): number {
    const value = this.text(name).trim() === '' ? Number.NaN : Number(this.text(name));
    const fits = value >= range.least && value <= range.most && (!range.isWhole || Number.isInteger(value));
    if (!fits) this.#refuse(name, `a ${range.isWhole ? 'whole ' : ''}number from ${range.least} to ${range.most}`);
    return value;
  }
  oneOf<Word extends string>(name: SettingName, words: readonly Word[]): Word {
    const found = words.find((word) => word === this.text(name));
    if (!found) this.#refuse(name, `one of ${words.join(', ')}`);
    return found ?? (words[0] as Word);
  }
  /** Plain http is for an issuer on this machine only: its answers decide who is admitted. */
  issuer(): OidcIssuer | undefined {
    const issuer = this.text('oidcIssuer');
    if (issuer === '') return undefined;
    this.#checkUrl('oidcIssuer');
    if (this.text('oidcAudience') === '') this.#refuse('oidcAudience', 'given');
    return {
      issuer,
      audience: this.text('oidcAudience'),
      assumesVerified: this.oneOf('oidcAssumeVerified', ['off', 'on']) === 'on',
      acceptsIdTokens: this.oneOf('oidcIdTokens', ['off', 'on']) === 'on',
    };
  }
  /** An address without a user name or parameters, because it is shown in the log and by `/readyz?verbose`. No message repeats one that has them. */
  #checkUrl(name: SettingName): void {
    const url = URL.canParse(this.text(name)) ? new URL(this.text(name)) : undefined;
    if (url && (url.username || url.password || url.search || url.hash)) {
      this.problems.push(`${SETTINGS[name].variable} must be an address without a user name, password, "?" or "#"`);
      return;
    }
    const isLocal = url !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
    if (url?.protocol !== 'https:' && !(isLocal && url?.protocol === 'http:')) this.#refuse(name, 'an https URL');
  }
  /** Plain http is for a vault on this machine only: its answers are the secrets. */
  openbao(): Config['openbao'] {
    const address = this.text('openbaoAddress');
    if (address === '') return undefined;
    const token = this.text('openbaoToken');
    const mount = this.text('openbaoMount');
    this.#checkUrl('openbaoAddress');
    if (!/^[\x21-\x7e]+$/.test(token)) this.problems.push(`${SETTINGS.openbaoToken.variable} must be a token without spaces`);
    if (!/^[A-Za-z0-9_{][A-Za-z0-9_./{}-]*$/.test(mount)) this.#refuse('openbaoMount', 'the path of a mount, such as "kv"');
    return { address, token, mount, timeoutMs: this.number('openbaoTimeoutSeconds', { least: 0.1, most: 15 }) * 1000 };
  }
  /** Names from a fixed set, separated by commas. */
  someOf<Word extends string>(name: SettingName, words: readonly Word[]): readonly Word[] {
    const given = this.text(name)
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean);
    if (given.some((word) => !words.includes(word as Word))) this.#refuse(name, `names of ${words.join(', ')}`);
    return given as Word[];
  }
  /** Origins as browsers send them (RFC 6454 §6.2): scheme, host and port without a path. `*` is none: it would let every page in. */
  origins(name: SettingName): ReadonlySet<string> {
    const given = this.text(name)
      .split(',')
      .map((origin) => origin.trim())
      .filter(Boolean);
    const isOrigin = (text: string) => URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text;
    if (!given.every(isOrigin)) this.#refuse(name, 'origins such as https://console.example, without a path, separated by commas');
    return new Set(given);
  }
  callerPolicies(shadow: readonly ShadowLimit[]): CallerPolicies | undefined {
    const key = this.#callerRate('key', ['keyPerSecond', 'keyBurst'], shadow);
    const tenant = this.#callerRate('tenant', ['tenantPerSecond', 'tenantBurst'], shadow);
    const most = this.text('tenantConcurrency') === '' ? undefined : this.number('tenantConcurrency', { ...COUNT, isWhole: true });
    if (!key && !tenant && most === undefined) return undefined;
    const cap = most === undefined ? {} : { tenantInFlight: { name: 'concurrency', most, isShadow: shadow.includes('concurrency') } };
    return { ...(key ? { key } : {}), ...(tenant ? { tenant } : {}), ...cap };
  }
  #callerRate(name: 'key' | 'tenant', [rate, burst]: [SettingName, SettingName], shadow: readonly ShadowLimit[]): RateLimit | undefined {
    const hasBurst = this.text(burst) !== '';
    if (this.text(rate) === '') {
      if (hasBurst) this.problems.push(`${SETTINGS[burst].variable} needs ${SETTINGS[rate].variable}; give both or neither`);
      return undefined;
    }
    const perSecond = this.number(rate, { least: 0.01, most: COUNT.most });
    const most = hasBurst ? this.number(burst, { ...COUNT, isWhole: true }) : Math.ceil(perSecond * CALLER_BURST_SECONDS);
    return { name, perSecond, burst: most, horizonMs: CALLER_HORIZON_MS, isShadow: shadow.includes(name) };
  }
  metrics(): Config['metrics'] {
    if (this.text('metricsPort') !== '') return { host: this.text('metricsHost'), port: this.number('metricsPort', PORT) };
    if (this.isGiven('metricsHost'))
      this.problems.push(`${SETTINGS.metricsHost.variable} has no effect without ${SETTINGS.metricsPort.variable}`);
    return undefined;
  }
}

const DAY_SECONDS = 86_400;

/** Reads the settings. Throws {@link ConfigError} with everything that is wrong. */
export function readConfig(argv: readonly string[], env: Readonly<Record<string, string | undefined>>, folder: string): Config {
  const problems: string[] = [];
  const given = new Map([...readVariables(env, problems), ...readFlags(argv, problems)]);
  const read = new Reader(given, problems);
  const seconds = (name: SettingName) => read.number(name, { least: 0, most: DAY_SECONDS }) * 1000;
  const shadow = read.someOf('shadowLimits', SHADOW_LIMITS);
  const makesFirstTenant = read.oneOf('noFirstTenant', ['no', 'yes']) === 'no';
  if (!makesFirstTenant && read.isGiven('writeEnv'))
    problems.push('--write-env needs the first tenant, which --no-first-tenant leaves out; give one of them');
  const config: Config = {
    ...readProxies(read),
    host: read.text('host'),
    port: read.number('port', PORT),
    dataFolder: resolve(folder, read.text('data')),
    envFile: read.text('writeEnv') === '' ? undefined : resolve(folder, read.text('writeEnv')),
    makesFirstTenant,
    operatorSocket: read.text('operatorSocket') === '' ? undefined : resolve(folder, read.text('operatorSocket')),
    logLevel: read.oneOf('logLevel', LOG_LEVELS),
    oidc: read.issuer(),
    openbao: read.openbao(),
    masks: read.oneOf('masks', ['readonly', 'everyone']),
    rateLimit: {
      perSecond: read.number('ratePerSecond', { least: 0.01, most: 1_000_000 }),
      burst: read.number('rateBurst', { least: 1, most: 1_000_000, isWhole: true }),
    },
    rateAddresses: read.number('rateAddresses', ADDRESSES),
    connections: {
      perAddress: read.number('connectionsPerAddress', { ...COUNT, isWhole: true }),
      together: read.number('connections', { ...COUNT, isWhole: true }),
      stalledMs: LIMITS.stalledConnectionMs,
      idleMs: read.number('idleConnectionSeconds', { least: 0.1, most: 3_600 }) * 1000,
    },
    allowedOrigins: read.origins('corsOrigins'),
    callerPolicies: read.callerPolicies(shadow),
    isAddressShadow: shadow.includes('address'),
    metrics: read.metrics(),
    idempotencyRecordBytesPerTenant: read.number('idempotencyMiB', { least: 1, most: 1_000_000 }) * 2 ** 20,
    auditRetentionMs: read.number('auditRetentionDays', { least: 1, most: 36_500 }) * DAY_SECONDS * 1000,
    durations: {
      provisioningMs: seconds('provisioningSeconds'),
      upgradingMs: seconds('upgradingSeconds'),
      terminatingMs: seconds('terminatingSeconds'),
    },
    drainMs: seconds('drainSeconds'),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** The text of `--help`. */
export function describeSettings(): string {
  const left = ({ flag, placeholder, variable }: Setting) => (flag ? `--${flag} ${placeholder}`.trimEnd() : `${variable}=${placeholder}`);
  const width = Math.max(...ENTRIES.map(([, setting]) => left(setting).length));
  const lines = ENTRIES.map(([, setting]) => {
    const fallback = setting.fallback === '' ? '' : ` (default ${setting.fallback})`;
    return `  ${left(setting).padEnd(width)}  ${setting.meaning}${fallback}`;
  });
  return `Usage: npm start -- [flags]\n\nStarts the openkupe control plane.\n\n${lines.join('\n')}\n\nEvery flag also has a variable: ${PREFIX} and the flag's name in capitals, with yes or no where the flag takes no value.\n`;
}
