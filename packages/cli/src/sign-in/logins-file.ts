import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '@openkupe/files/error-code';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';

/** A tenant of a server. */
export interface HostAndTenant {
  readonly host: string;
  readonly tenant: string;
}

interface Named extends HostAndTenant {
  /** The unique name of its context. */
  readonly name: string;
}

/** Tokens of an issuer, for one tenant of one server. */
export interface OidcLogin extends Named {
  readonly kind: 'oidc';
  readonly issuer: string;
  readonly clientId: string;
  readonly accessToken: string;
  readonly refreshToken?: string | undefined;
  /** When the access token ends, in milliseconds since 1970; absent when the issuer does not say. */
  readonly expiresAtMs?: number | undefined;
  readonly email?: string | undefined;
}

/** An API key, for one tenant of one server. */
export interface KeyLogin extends Named {
  readonly kind: 'api-key';
  readonly apiKey: string;
}

/** A stored login: the CLI has one per context. */
export type Login = OidcLogin | KeyLogin;

/** The content of the file: logins, each a context, and the name of the current one. */
export interface Logins {
  readonly current?: string | undefined;
  readonly logins: readonly Login[];
}

const MOST_BYTES = 4 * 1024 * 1024;

/** The file that holds the logins, in the folder of the CLI. */
export function loginsPath(folder: string): string {
  return join(folder, 'logins.json');
}

/** The name of a context where none is given: `acme@api.example.com`. */
export function defaultName({ host, tenant }: HostAndTenant): string {
  return `${tenant}@${host.replace(/^https?:\/\//, '')}`;
}

function cannot(sentence: string): Failure {
  return new Failure(sentence, { code: 'file', exit: EXIT.failed, outcome: 'not-applied' });
}

function asLogin(value: unknown): Login | undefined {
  const login = value as Record<string, unknown> | null;
  if (typeof login !== 'object' || login === null) return undefined;
  const names = login.kind === 'oidc' ? ['host', 'tenant', 'issuer', 'clientId', 'accessToken'] : ['host', 'tenant', 'apiKey'];
  const isOne = names.every((name) => typeof login[name] === 'string') && (login.kind === 'oidc' || login.kind === 'api-key');
  if (!isOne) return undefined;
  // NOTE: files of the first version have no names.
  const named = { name: defaultName(login as unknown as HostAndTenant), ...login } as unknown as Login;
  return typeof named.name === 'string' ? named : undefined;
}

function parseLogins(text: string): Logins | undefined {
  try {
    const { logins, current } = JSON.parse(text) as { logins?: unknown; current?: unknown };
    if (!Array.isArray(logins)) return undefined;
    const read = logins.map(asLogin).filter((login) => login !== undefined);
    if (read.length !== logins.length) return undefined;
    return typeof current === 'string' ? { current, logins: read } : { logins: read };
  } catch {
    return undefined;
  }
}

/** The logins as the text of the file. */
export function printLogins(logins: Logins): string {
  return `${JSON.stringify(logins, null, 2)}\n`;
}

/** Reads the stored logins; none when there is no file. Errors never contain text of the file. */
export async function readLogins(path: string): Promise<Logins> {
  let text: string;
  try {
    if ((await fs.stat(path)).size > MOST_BYTES) throw cannot(`The file "${path}" is too large; move it away and sign in again.`);
    text = await fs.readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { logins: [] };
    throw cannot(`The stored logins in "${path}" cannot be read (${code}).`);
  }
  const logins = parseLogins(text);
  if (!logins) throw cannot(`The file "${path}" does not hold logins of openkupe; move it away and sign in again.`);
  return logins;
}

/** Makes the folder of the CLI, which only its owner may enter. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw cannot(`The folder "${folder}" cannot be made (${codeOf(error)}); set KUPE_CONFIG to another.`);
  }
}

/** A predicate for logins of that tenant of that server. */
export function isFor({ host, tenant }: HostAndTenant): (login: HostAndTenant) => boolean {
  return (login) => login.host === host && login.tenant === tenant;
}

/** A predicate for the login of that name. */
export function isNamed(name: string): (login: Named) => boolean {
  return (login) => login.name === name;
}
