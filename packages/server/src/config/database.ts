import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { DatabaseAddress, ServerAddress } from '../store/database-address.ts';
import { DatabaseNotUsableError } from '../store/open-errors.ts';
import type { SettingReader } from './setting-reader.ts';
import { SETTINGS } from './settings.ts';

/** The PostgreSQL database of the store. What the files hold is read when it is opened. */
export interface DatabaseSettings extends Omit<DatabaseAddress, 'tls'> {
  readonly isEncrypted: boolean;
  readonly passwordFile: string | undefined;
  readonly caFile: string | undefined;
}

const POSTGRES_PORT = 5_432;
const { variable: NAME } = SETTINGS.databaseUrl;

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
const decoded = (text: string) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

/** Of libpq's parameters, those that are known, with the values that mean something here. The primary is what is looked for anyway. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  sslmode: ['disable', 'verify-full'],
  target_session_attrs: ['read-write', 'primary'],
};

/** Several servers, as for libpq: one URL for each of `host:port,host:port`; `null` for one that is none. */
function urlsOf(text: string): readonly (URL | null)[] {
  const begin = text.indexOf('//') + 2;
  const length = text.slice(begin).search(/[/?#]/);
  const end = length < 0 ? text.length : begin + length;
  const hostsBegin = begin + text.slice(begin, end).lastIndexOf('@') + 1;
  const [before, hosts, after] = [text.slice(0, hostsBegin), text.slice(hostsBegin, end), text.slice(end)];
  return hosts.split(',').map((host) => URL.parse(`${before}${host}${after}`));
}

/** What is wrong with the address, without repeating it: it may hold a password. */
function problemWith(url: URL | null): string | undefined {
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) return `${NAME} must be like postgres://user@host:5432/database`;
  for (const [name, value] of url.searchParams) {
    const values = PARAMETERS[name];
    if (!values) return `${NAME} has the parameter "${name}"; those that are known are ${Object.keys(PARAMETERS).join(' and ')}`;
    if (!values.includes(value)) return `${name} in ${NAME} must be ${values.join(' or ')}, not "${value}"`;
  }
  if (url.host === '') return `${NAME} names no host`;
  const isWhole = [url.username, url.hostname, url.pathname.slice(1)].every((text) => text !== '' && decoded(text) !== undefined);
  return isWhole && decoded(url.password) !== undefined ? undefined : `${NAME} must name a user and a database`;
}

function serverOf({ hostname, port }: URL): ServerAddress {
  return { host: (decoded(hostname) ?? '').replace(/^\[(.*)\]$/, '$1'), port: Number(port) || POSTGRES_PORT };
}

function refuseWithout(read: SettingReader, ...names: ('databasePasswordFile' | 'databaseCaFile')[]): undefined {
  for (const name of names) if (read.isGiven(name)) read.problems.push(`${SETTINGS[name].variable} has no effect without ${NAME}`);
}

/**
 * The database that the settings name; `undefined` for the embedded store. Without `sslmode` the connection is encrypted and the server verified,
 * unless every server is on this machine. The folder of a Unix socket stands in the place of the host with `%2F` for each slash, as for libpq.
 */
export function readDatabase(
  read: SettingReader,
  path: (name: 'databasePasswordFile' | 'databaseCaFile') => string | undefined,
): DatabaseSettings | undefined {
  if (read.text('databaseUrl') === '') return refuseWithout(read, 'databasePasswordFile', 'databaseCaFile');
  const urls = urlsOf(read.text('databaseUrl'));
  const problem = urls.map(problemWith).find((found) => found !== undefined);
  const [url] = urls;
  if (problem !== undefined || !url) {
    read.problems.push(problem ?? '');
    return undefined;
  }
  const servers = urls.map((one) => serverOf(one as URL));
  const isSocket = servers.every(({ host }) => host.startsWith('/'));
  const isLocal = servers.every(({ host }) => host.startsWith('/') || isLoopback(host));
  const mode = url.searchParams.get('sslmode');
  const isEncrypted = !isSocket && (mode === null ? !isLocal : mode === 'verify-full');
  if (url.password !== '' && read.isGiven('databasePasswordFile'))
    read.problems.push(`${NAME} holds a password, and ${SETTINGS.databasePasswordFile.variable} names another; give one of them`);
  if (!isEncrypted) refuseWithoutTls(read);
  return {
    servers,
    user: decoded(url.username) ?? '',
    database: decoded(url.pathname.slice(1)) ?? '',
    password: decoded(url.password) || undefined,
    isEncrypted,
    passwordFile: path('databasePasswordFile'),
    caFile: path('databaseCaFile'),
  };
}

function refuseWithoutTls(read: SettingReader): void {
  if (read.isGiven('databaseCaFile'))
    read.problems.push(`${SETTINGS.databaseCaFile.variable} has no effect on a connection without TLS; add sslmode=verify-full to ${NAME}`);
}

/** What a file of a setting holds; `undefined` where there is none. @throws {DatabaseNotUsableError} where it cannot be read. */
export async function readSecretFile(path: string | undefined, variable: string): Promise<string | undefined> {
  if (path === undefined) return undefined;
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new DatabaseNotUsableError(
      `The file "${path}" of ${variable} cannot be read (${error.code}); let the user that runs the server read it`,
      {
        cause: error,
      },
    );
  });
}

/** The address with what its files hold. @throws {DatabaseNotUsableError} where one of them cannot be read. */
export async function loadDatabaseAddress(settings: DatabaseSettings): Promise<DatabaseAddress> {
  const { isEncrypted, passwordFile, caFile, password, ...address } = settings;
  const written = await readSecretFile(passwordFile, SETTINGS.databasePasswordFile.variable);
  const ca = await readSecretFile(caFile, SETTINGS.databaseCaFile.variable);
  return { ...address, password: password ?? written?.replace(/\r?\n$/, ''), tls: isEncrypted && { ca } };
}
