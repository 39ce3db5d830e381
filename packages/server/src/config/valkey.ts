import type { ValkeyAddress } from '../rate-limit/valkey-address.ts';
import { readSecretFile } from './database.ts';
import type { SettingReader } from './setting-reader.ts';
import { SETTINGS } from './settings.ts';

/** The Valkey or Redis server of the shared address limit. What the files hold is read when it is composed. */
export interface ValkeySettings extends Omit<ValkeyAddress, 'tls'> {
  readonly isEncrypted: boolean;
  readonly passwordFile: string | undefined;
  readonly caFile: string | undefined;
  /** Processes that share the limit, as long as they have not been counted. */
  readonly processes: number;
}

const VALKEY_PORT = 6_379;
const { variable: NAME } = SETTINGS.valkeyUrl;
const FURTHER = ['valkeyPasswordFile', 'valkeyCaFile', 'valkeyProcesses'] as const;

const refuse = (read: SettingReader, problem: string): undefined => void read.problems.push(problem);

const isDecodable = (text: string) => !/%(?![0-9a-f]{2})/i.test(text);

/** What is wrong with the address, without repeating it: it may hold a password. */
function problemWith(url: URL | null): string | undefined {
  if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === '')
    return `${NAME} must be like redis://user@host:6379/0, or rediss:// for TLS`;
  if (!/^\/?\d{0,4}$/.test(url.pathname)) return `${NAME} names a database that is no number`;
  if (!isDecodable(url.username) || !isDecodable(url.password)) return `${NAME} has a "%" that begins no escape`;
  return url.search === '' && url.hash === '' ? undefined : `${NAME} has parameters; none is known`;
}

/** The store of the shared limit that the settings name; `undefined` where each process has the whole limit for itself. */
export function readValkey(
  read: SettingReader,
  path: (name: 'valkeyPasswordFile' | 'valkeyCaFile') => string | undefined,
): ValkeySettings | undefined {
  if (read.text('valkeyUrl') === '') {
    for (const name of FURTHER) if (read.isGiven(name)) refuse(read, `${SETTINGS[name].variable} has no effect without ${NAME}`);
    return undefined;
  }
  const url = URL.parse(read.text('valkeyUrl'));
  const problem = problemWith(url);
  if (problem !== undefined || !url) return refuse(read, problem ?? '');
  const isEncrypted = url.protocol === 'rediss:';
  if (url.password !== '' && read.isGiven('valkeyPasswordFile'))
    refuse(read, `${NAME} holds a password, and ${SETTINGS.valkeyPasswordFile.variable} names another; give one of them`);
  if (!isEncrypted && read.isGiven('valkeyCaFile'))
    refuse(read, `${SETTINGS.valkeyCaFile.variable} has no effect on a connection without TLS; begin ${NAME} with rediss://`);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port) || VALKEY_PORT,
    db: Number(url.pathname.slice(1)),
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    isEncrypted,
    passwordFile: path('valkeyPasswordFile'),
    caFile: path('valkeyCaFile'),
    processes: read.number('valkeyProcesses', { least: 1, most: 10_000, isWhole: true }),
  };
}

/** The address with what its files hold. @throws {DatabaseNotUsableError} where one of them cannot be read. */
export async function loadValkeyAddress(settings: ValkeySettings): Promise<ValkeyAddress> {
  const { isEncrypted, passwordFile, caFile, processes: _processes, password, ...address } = settings;
  const written = await readSecretFile(passwordFile, SETTINGS.valkeyPasswordFile.variable);
  const ca = await readSecretFile(caFile, SETTINGS.valkeyCaFile.variable);
  return { ...address, password: password ?? written?.replace(/\r?\n$/, ''), tls: isEncrypted && { ...(ca !== undefined && { ca }) } };
}
