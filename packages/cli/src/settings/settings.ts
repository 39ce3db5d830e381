import { promises } from 'node:fs';
import { codeOf } from '@openkupe/files/error-code';
import { EXIT } from '../exit-codes.ts';
import { Failure, misuse } from '../failure/failure.ts';
import type { Environment, Io } from '../io.ts';
import { type HostAndTenant, isFor, isNamed, type Login, type Logins, type OidcLogin } from '../sign-in/logins-file.ts';
import { parseHost } from './host.ts';

/** The flags that every command takes to find and address a server. */
export interface ConnectionFlags {
  readonly context?: string | undefined;
  readonly host?: string | undefined;
  readonly tenant?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
}

/** The tenant that requests are for, and the credential that they carry. */
export interface Credentials extends HostAndTenant {
  /** An API key, or the access token of a sign-in. */
  readonly apiKey: string;
  /** The sign-in that the token is from; undefined for an API key. */
  readonly signIn?: OidcLogin | undefined;
}

/** Reads the stored logins; called only when something is not given by flag or environment. */
export type ReadLogins = () => Promise<Logins>;

function firstSet(...values: (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value !== '');
}

/** The server that flag or environment name: `--host`, then KUPE_HOST, then KUPE_API_URL. */
export function givenHost(flags: ConnectionFlags, env: Environment): string | undefined {
  const host = flags.host || (flags.context ? undefined : firstSet(env.KUPE_HOST, env.KUPE_API_URL));
  return host === undefined ? undefined : parseHost(host);
}

/** The tenant that flag or environment name: `--tenant`, then KUPE_TENANT. */
export function givenTenant(flags: ConnectionFlags, env: Environment): string | undefined {
  return flags.tenant || (flags.context ? undefined : firstSet(env.KUPE_TENANT));
}

/** The stored login of that name. Fails with exit code 2 when there is none. */
export function loginNamed(name: string, { logins }: Logins): Login {
  const login = logins.find(isNamed(name));
  if (login) return login;
  throw misuse(`There is no context "${name}".`, { run: 'openkupe context list', why: 'shows the contexts there are' });
}

/** The context that commands use where flags and environment say nothing: `--context`, KUPE_CONTEXT, then the current one. */
export function chosenLogin(flags: ConnectionFlags, env: Environment, stored: Logins): Login | undefined {
  const name = firstSet(flags.context, env.KUPE_CONTEXT);
  if (name !== undefined) return loginNamed(name, stored);
  return stored.logins.find(isNamed(stored.current ?? ''));
}

/** The server: flag, environment, then the chosen context. Fails with exit code 2 when none is known. */
export async function resolveHost(flags: ConnectionFlags, env: Environment, readLogins: ReadLogins): Promise<string> {
  const host = givenHost(flags, env) ?? chosenLogin(flags, env, await readLogins())?.host;
  if (host !== undefined) return host;
  throw misuse('No server is known; sign in to one, set KUPE_HOST or pass --host.', {
    run: 'openkupe auth login --host https://api.example.com',
    why: 'with the address of the server',
  });
}

function noTenant(host: string, logins: readonly Login[]): Failure {
  const known = logins.filter((login) => login.host === host).map(({ tenant }) => tenant);
  const which =
    known.length > 1 ? `There are logins for several tenants of ${host} (${[...new Set(known)].join(', ')})` : 'No tenant is known';
  return misuse(`${which}; set KUPE_TENANT or pass --tenant.`, { run: 'export KUPE_TENANT=acme', why: 'the name of the tenant' });
}

function checkAgrees(login: Login, given: { host: string | undefined; tenant: string | undefined }): void {
  const { name, host, tenant } = login;
  if ((given.host ?? host) === host && (given.tenant ?? tenant) === tenant) return;
  throw misuse(`The context "${name}" is for tenant "${tenant}" at ${host}; leave out --context, or --host and --tenant.`);
}

/** Server and tenant. A context fills in what flags and environment leave out; never its tenant for another server. */
export async function resolveHostAndTenant(flags: ConnectionFlags, env: Environment, readLogins: ReadLogins): Promise<HostAndTenant> {
  const given = { host: givenHost(flags, env), tenant: givenTenant(flags, env) };
  if (flags.context) checkAgrees(loginNamed(flags.context, await readLogins()), given);
  if (given.host !== undefined && given.tenant !== undefined) return { host: given.host, tenant: given.tenant };
  const host = await resolveHost(flags, env, readLogins);
  const stored = await readLogins();
  const chosen = chosenLogin(flags, env, stored);
  const sameHost = stored.logins.filter((login) => login.host === host);
  const only = new Set(sameHost.map((login) => login.tenant)).size === 1 ? sameHost[0]?.tenant : undefined;
  const tenant = given.tenant ?? (chosen?.host === host ? chosen.tenant : only);
  if (tenant === undefined) throw noTenant(host, stored.logins);
  return { host, tenant };
}

/** The stored login for a tenant: the chosen context if it is for that tenant, else the only one that is. */
function loginFor(target: HostAndTenant, flags: ConnectionFlags, env: Environment, stored: Logins): Login | undefined {
  const chosen = chosenLogin(flags, env, stored);
  if (chosen && isFor(target)(chosen)) return chosen;
  const candidates = stored.logins.filter(isFor(target));
  if (candidates.length > 1) {
    const names = candidates.map(({ name }) => name).join(', ');
    throw misuse(`There are several logins for tenant "${target.tenant}" at ${target.host} (${names}); choose one with --context.`, {
      run: 'openkupe context list',
      why: 'shows who they are',
    });
  }
  return candidates[0];
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
    throw noCredential(`The token file "${path}" cannot be read (${codeOf(cause)}).`);
  }
}

/** The key: `--token-file` (`-` reads stdin), then KUPE_API_KEY, then KUPE_API_TOKEN. No flag takes it: other accounts can read arguments. */
export async function resolveKey(flags: ConnectionFlags, env: Environment, io: Io): Promise<string> {
  const isFile = flags.tokenFile !== undefined;
  const text = flags.tokenFile !== undefined ? await readToken(flags.tokenFile, io) : firstSet(env.KUPE_API_KEY, env.KUPE_API_TOKEN);
  const key = text?.trim() ?? '';
  if (key === '')
    throw noCredential(isFile ? 'The token file holds no key.' : 'No key is known; sign in, set KUPE_API_KEY or pass --token-file.');
  if (!/^[\x21-\x7e]+$/.test(key)) throw noCredential('The key contains characters that no key has; copy it again.');
  return key;
}

/** Whether a key is given by flag or environment, which wins over a stored login. `--context` wins over the environment. */
export function hasGivenKey(flags: ConnectionFlags, env: Environment): boolean {
  if (flags.tokenFile !== undefined) return true;
  return !flags.context && firstSet(env.KUPE_API_KEY, env.KUPE_API_TOKEN) !== undefined;
}

/**
 * Server, tenant and key; the key from flag or environment, else from the login stored for that tenant of that server: a stored
 * credential is never sent to another. Fails with exit code 2 when the server or the tenant is missing, 3 for the key.
 */
export async function resolveCredentials(
  flags: ConnectionFlags,
  env: Environment,
  io: Io,
  readLogins: ReadLogins,
  renewed: (login: OidcLogin) => Promise<OidcLogin>,
): Promise<Credentials> {
  const target = await resolveHostAndTenant(flags, env, readLogins);
  const login = hasGivenKey(flags, env) ? undefined : loginFor(target, flags, env, await readLogins());
  if (!login) return { ...target, apiKey: await resolveKey(flags, env, io) };
  if (login.kind === 'api-key') return { ...target, apiKey: login.apiKey };
  const signIn = await renewed(login);
  return { ...target, apiKey: signIn.accessToken, signIn };
}
