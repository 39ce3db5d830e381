import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { type Random, systemRandom } from '@openkupe/contract/random';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';

interface Place {
  readonly host: string;
  readonly tenant: string;
}

/** Tokens of an issuer, for one tenant of one server. */
export interface OidcLogin extends Place {
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
export interface KeyLogin extends Place {
  readonly kind: 'api-key';
  readonly apiKey: string;
}

export type Login = OidcLogin | KeyLogin;

const MOST_BYTES = 4 * 1024 * 1024;

/** The file that holds the logins, in the folder of the CLI. */
export function loginsPath(folder: string): string {
  return join(folder, 'logins.json');
}

function cannot(sentence: string): Failure {
  return new Failure(sentence, { code: 'file', exit: EXIT.failed, outcome: 'not-applied' });
}

function isLogin(value: unknown): value is Login {
  const login = value as Record<string, unknown> | null;
  if (typeof login !== 'object' || login === null) return false;
  const names = login.kind === 'oidc' ? ['host', 'tenant', 'issuer', 'clientId', 'accessToken'] : ['host', 'tenant', 'apiKey'];
  return names.every((name) => typeof login[name] === 'string') && (login.kind === 'oidc' || login.kind === 'api-key');
}

function parseLogins(text: string): readonly Login[] | undefined {
  try {
    const { logins } = JSON.parse(text) as { logins?: unknown };
    return Array.isArray(logins) && logins.every(isLogin) ? logins : undefined;
  } catch {
    return undefined;
  }
}

/** The stored logins; none when there is no file. Never repeats what is in the file. */
export async function readLogins(path: string): Promise<readonly Login[]> {
  let text: string;
  try {
    if ((await fs.stat(path)).size > MOST_BYTES) throw cannot(`The file "${path}" is too large; move it away and sign in again.`);
    text = await fs.readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
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
    throw cannot(
      `The folder "${folder}" cannot be made (${(error as NodeJS.ErrnoException).code ?? 'unknown'}); set KUPE_CONFIG to another.`,
    );
  }
}

/** Replaces the file in one step, readable by its owner only. The caller holds the lock. */
export async function writeLogins(path: string, logins: readonly Login[], random: Random = systemRandom): Promise<void> {
  const draft = `${path}.${Buffer.from(random.bytes(6)).toString('hex')}`;
  try {
    const file = await fs.open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ logins }, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(draft, path);
  } catch (error) {
    await fs.rm(draft, { force: true });
    throw cannot(`The stored logins in "${path}" cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  }
}

/** Whether a login is for that tenant of that server. */
export function isFor({ host, tenant }: Place): (login: Place) => boolean {
  return (login) => login.host === host && login.tenant === tenant;
}
