import { promises } from 'node:fs';
import { EXIT } from '../exit-codes.ts';
import { Failure, misuse } from '../failure/failure.ts';
import type { Environment, Io } from '../io.ts';
import type { Login, OidcLogin } from '../sign-in/logins-file.ts';
import { parseHost } from './host.ts';

/** The flags that every command takes to find and address a server. */
export interface ConnectionFlags {
  readonly host?: string | undefined;
  readonly tenant?: string | undefined;
  readonly tokenFile?: string | undefined;
}

/** Where requests go and who makes them. */
export interface Credentials {
  readonly host: string;
  readonly tenant: string;
  /** An API key, or the access token of a sign-in. */
  readonly apiKey: string;
  /** The sign-in that the token is from; undefined for an API key. */
  readonly signIn?: OidcLogin | undefined;
}

function firstSet(...values: (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value !== '');
}

/** The server: `--host`, then KUPE_HOST, then KUPE_API_URL. */
export function resolveHost(flags: ConnectionFlags, env: Environment): string {
  const host = firstSet(flags.host, env.KUPE_HOST, env.KUPE_API_URL);
  if (host !== undefined) return parseHost(host);
  throw misuse('No server is known; set KUPE_HOST or pass --host.', {
    run: 'export KUPE_HOST=https://api.example.com',
    why: 'the address of the server',
  });
}

/** The tenant: `--tenant`, then KUPE_TENANT. */
export function resolveTenant(flags: ConnectionFlags, env: Environment): string {
  const tenant = firstSet(flags.tenant, env.KUPE_TENANT);
  if (tenant !== undefined) return tenant;
  throw misuse('No tenant is known; set KUPE_TENANT or pass --tenant.', { run: 'export KUPE_TENANT=acme', why: 'the name of the tenant' });
}

function noCredential(sentence: string): Failure {
  const next = { run: 'openkupe auth login', why: 'or set KUPE_API_KEY' };
  return new Failure(sentence, { code: 'no-credential', exit: EXIT.refused, outcome: 'not-applied', next: [next] });
}

async function readToken(path: string, io: Io): Promise<string> {
  if (path === '-') return io.stdin.readAll();
  try {
    return await promises.readFile(path, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw noCredential(`The token file "${path}" cannot be read (${reason}).`);
  }
}

/** The key: `--token-file` (`-` reads stdin), then KUPE_API_KEY, then KUPE_API_TOKEN. Never from a flag's value, which others can see. */
export async function resolveKey(flags: ConnectionFlags, env: Environment, io: Io): Promise<string> {
  const isFile = flags.tokenFile !== undefined;
  const text = flags.tokenFile !== undefined ? await readToken(flags.tokenFile, io) : firstSet(env.KUPE_API_KEY, env.KUPE_API_TOKEN);
  const key = text?.trim() ?? '';
  if (key === '')
    throw noCredential(isFile ? 'The token file holds no key.' : 'No key is known; sign in, set KUPE_API_KEY or pass --token-file.');
  if (!/^[\x21-\x7e]+$/.test(key)) throw noCredential('The key contains characters that no key has; copy it again.');
  return key;
}

/** Whether a key is given by flag or environment, which wins over a stored login. */
export function hasGivenKey(flags: ConnectionFlags, env: Environment): boolean {
  return flags.tokenFile !== undefined || firstSet(env.KUPE_API_KEY, env.KUPE_API_TOKEN) !== undefined;
}

/**
 * All three; the key from flag or environment, else from the login that is stored for that tenant of that server. Fails with exit code 2
 * when the server or the tenant is missing, 3 for the key.
 */
export async function resolveCredentials(
  flags: ConnectionFlags,
  env: Environment,
  io: Io,
  storedLogin: (place: { host: string; tenant: string }) => Promise<Login | undefined>,
): Promise<Credentials> {
  const place = { host: resolveHost(flags, env), tenant: resolveTenant(flags, env) };
  const login = hasGivenKey(flags, env) ? undefined : await storedLogin(place);
  if (!login) return { ...place, apiKey: await resolveKey(flags, env, io) };
  return login.kind === 'api-key' ? { ...place, apiKey: login.apiKey } : { ...place, apiKey: login.accessToken, signIn: login };
}
