import type { Clock } from '@openkupe/contract/clock';
import { openDraft } from '@openkupe/files/draft';
import { codeOf } from '@openkupe/files/error-code';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { OWN_LOCK, withLock } from '../files/file-lock.ts';
import type { Network } from '../network/network.ts';
import {
  defaultName,
  isFor,
  isNamed,
  type Login,
  type Logins,
  loginsPath,
  makeFolder,
  type OidcLogin,
  printLogins,
  readLogins,
} from './logins-file.ts';

/** An access token is renewed this long before it ends, so that none ends while a request is on its way. */
const EARLY_MS = 30_000;
/** More than an access token and a refresh token take: reserved on the disk before a refresh token is used up. */
const ROOM_FOR_TOKENS_BYTES = 64 * 1024;

/** The folder of the logins, and what renewing them needs. */
export interface LoginDependencies {
  /** See `configFolder`. */
  readonly folder: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly network: Network;
}

/** Until when an access token is used: 30 s before it ends. Undefined when its issuer does not say. */
export function usedUntilMs({ expiresAtMs }: OidcLogin): number | undefined {
  return expiresAtMs === undefined ? undefined : expiresAtMs - EARLY_MS;
}

function isFresh(login: OidcLogin, nowMs: number): boolean {
  return nowMs < (usedUntilMs(login) ?? Number.POSITIVE_INFINITY);
}

/** The failure for a login whose tokens have ended: exit code 3. */
export function signInAgain({ name, host, tenant }: Pick<Login, 'name' | 'host' | 'tenant'>): Failure {
  const as = name === defaultName({ host, tenant }) ? '' : ` --context ${name}`;
  const next = { run: `openkupe auth login --host ${host} --tenant ${tenant}${as}`, why: 'signs in again' };
  const details = { code: 'signed-out', exit: EXIT.refused, outcome: 'not-applied', next: [next] } as const;
  return new Failure(`The sign-in for tenant "${tenant}" at ${host} has ended; sign in again.`, details);
}

async function refreshed(login: OidcLogin, dependencies: LoginDependencies): Promise<OidcLogin> {
  if (login.refreshToken === undefined) throw signInAgain(login);
  const { openProvider } = await import('./provider.ts');
  const provider = await openProvider(login, dependencies);
  const tokens = await provider.refresh(login.refreshToken);
  if (tokens === 'invalid-grant') throw signInAgain(login);
  // NOTE: an issuer that does not rotate sends no new refresh token; the former one stays valid.
  return { ...login, ...tokens, refreshToken: tokens.refreshToken ?? login.refreshToken, email: tokens.email ?? login.email };
}

function unwritable(path: string, error: unknown, what: string): Failure {
  const sentence = `The stored logins in "${path}" cannot be written (${codeOf(error)})${what}.`;
  return new Failure(sentence, { code: 'file', exit: EXIT.failed, outcome: 'not-applied' });
}

/**
 * Changes the stored logins under their lock. `growthBytes` more than the file has are reserved on the disk before `edit` runs, so that
 * nothing that cannot be repeated, like using up a refresh token, is done when its result could not be stored.
 */
export async function changeLogins<Value>(
  dependencies: LoginDependencies,
  growthBytes: number,
  edit: (before: Logins) => Promise<readonly [Logins, Value]> | readonly [Logins, Value],
): Promise<Value> {
  const path = loginsPath(dependencies.folder);
  await makeFolder(dependencies.folder);
  return withLock(path, OWN_LOCK, dependencies, async () => {
    const before = await readLogins(path);
    const room = growthBytes === 0 ? 0 : Buffer.byteLength(printLogins(before)) + growthBytes;
    const draft = await openDraft(path, room).catch((error) => {
      throw unwritable(path, error, '; nothing was changed');
    });
    try {
      const [after, value] = await edit(before);
      if (after !== before) {
        await draft.replace(printLogins(after)).catch((error) => {
          throw unwritable(path, error, '');
        });
      }
      return value;
    } finally {
      await draft.discard();
    }
  });
}

/**
 * A stored sign-in whose access token is valid for 30 s at least and is not `refused`, which the server did not accept. Processes that
 * find it expired at the same time renew it once: the others wait for the lock and use the tokens of the first.
 */
export async function freshLogin(stored: OidcLogin, dependencies: LoginDependencies, refused?: string): Promise<OidcLogin> {
  const isGood = (login: OidcLogin) => isFresh(login, dependencies.clock.now()) && login.accessToken !== refused;
  // NOTE: the name may mean another server by now, which must not get the token.
  const find = ({ logins }: Logins) => logins.filter(isFor(stored)).find(isNamed(stored.name));
  const known = find(await readLogins(loginsPath(dependencies.folder)));
  if (known?.kind === 'oidc' && isGood(known)) return known;
  return changeLogins(dependencies, ROOM_FOR_TOKENS_BYTES, async (before) => {
    const present = find(before);
    if (present?.kind !== 'oidc') throw signInAgain(stored);
    if (isGood(present)) return [before, present];
    const renewed = await refreshed(present, dependencies);
    return [{ ...before, logins: before.logins.map((login) => (login === present ? renewed : login)) }, renewed];
  });
}

/** Stores a login in place of the former one of that name, and makes it the current context. */
export function storeLogin(login: Login, dependencies: LoginDependencies): Promise<void> {
  const growth = Buffer.byteLength(JSON.stringify(login, null, 2)) * 2;
  return changeLogins(dependencies, growth, ({ logins }) => {
    return [{ current: login.name, logins: [...logins.filter((one) => !isNamed(login.name)(one)), login] }, undefined];
  });
}

/** Fails when the disk has no room for the tokens of a sign-in; called before the user is asked to sign in. */
export function checkRoomForLogin(dependencies: LoginDependencies): Promise<void> {
  return changeLogins(dependencies, ROOM_FOR_TOKENS_BYTES, (before) => [before, undefined]);
}

/** Removes the login of that name and returns it; undefined when there was none. */
export async function removeLogin(name: string, dependencies: LoginDependencies): Promise<Login | undefined> {
  const exists = (await readLogins(loginsPath(dependencies.folder))).logins.some(isNamed(name));
  if (!exists) return undefined;
  return changeLogins(dependencies, 0, (before) => {
    const found = before.logins.find(isNamed(name));
    if (!found) return [before, undefined];
    const { current } = before;
    const kept = { logins: before.logins.filter((login) => login !== found) };
    return [current === name || current === undefined ? kept : { current, ...kept }, found];
  });
}
