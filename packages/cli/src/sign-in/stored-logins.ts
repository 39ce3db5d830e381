import { promises as fs } from 'node:fs';
import type { Clock } from '@openkupe/contract/clock';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { withLock } from './file-lock.ts';
import { isFor, type Login, loginsPath, makeFolder, type OidcLogin, readLogins, writeLogins } from './logins-file.ts';

/** An access token is renewed so long before it ends, so that none ends on its way. */
const EARLY_MS = 30_000;

/** Where logins are kept, and what waiting for them needs. */
export interface LoginScene {
  /** See `configFolder`. */
  readonly folder: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

interface Place {
  readonly host: string;
  readonly tenant: string;
}

/** Until when an access token is used: 30 s before it ends. Undefined when its issuer does not say. */
export function usedUntilMs({ expiresAtMs }: OidcLogin): number | undefined {
  return expiresAtMs === undefined ? undefined : expiresAtMs - EARLY_MS;
}

function isFresh(login: Login, nowMs: number): boolean {
  return login.kind === 'api-key' || nowMs < (usedUntilMs(login) ?? Number.POSITIVE_INFINITY);
}

/** The one thing left to do when tokens have ended: exit code 3. */
export function signInAgain({ host, tenant }: Place): Failure {
  const next = { run: `openkupe auth login --host ${host} --tenant ${tenant}`, why: 'signs in again' };
  const details = { code: 'signed-out', exit: EXIT.refused, outcome: 'not-applied', next: [next] } as const;
  return new Failure(`The sign-in for tenant "${tenant}" at ${host} has ended; sign in again.`, details);
}

async function refreshed(login: OidcLogin, { clock, signal }: LoginScene): Promise<OidcLogin> {
  if (login.refreshToken === undefined) throw signInAgain(login);
  const { openProvider } = await import('./provider.ts');
  const provider = await openProvider(login, { clock, signal });
  const tokens = await provider.refresh(login.refreshToken);
  if (tokens === 'invalid-grant') throw signInAgain(login);
  // NOTE: an issuer that does not rotate sends no new refresh token; the former one goes on.
  return { ...login, ...tokens, refreshToken: tokens.refreshToken ?? login.refreshToken, email: tokens.email ?? login.email };
}

async function change<Value>(
  scene: LoginScene,
  edit: (logins: readonly Login[]) => Promise<readonly [readonly Login[], Value]>,
): Promise<Value> {
  const path = loginsPath(scene.folder);
  await makeFolder(scene.folder);
  return withLock(path, scene, async () => {
    const before = await readLogins(path);
    const [after, value] = await edit(before);
    if (after !== before) await writeLogins(path, after);
    return value;
  });
}

/**
 * The stored login for a tenant of a server, its access token good for 30 s at least; undefined when there is none. Processes that find it
 * ended at the same time renew it once: the others wait for the lock and use what the first one got.
 */
export async function freshLogin(place: Place, scene: LoginScene): Promise<Login | undefined> {
  const stored = (await readLogins(loginsPath(scene.folder))).find(isFor(place));
  if (!stored || isFresh(stored, scene.clock.now())) return stored;
  return change(scene, async (logins) => {
    const present = logins.find(isFor(place));
    if (!present) throw signInAgain(place);
    if (present.kind === 'api-key' || isFresh(present, scene.clock.now())) return [logins, present];
    const renewed = await refreshed(present, scene);
    return [logins.map((login) => (login === present ? renewed : login)), renewed];
  });
}

/** Stores a login in place of the former one for the same tenant of the same server. */
export function storeLogin(login: Login, scene: LoginScene): Promise<void> {
  return change(scene, async (logins) => [[...logins.filter((one) => !isFor(login)(one)), login], undefined]);
}

/** Removes the login and returns it; undefined when there was none. */
export async function removeLogin(place: Place, scene: LoginScene): Promise<Login | undefined> {
  const exists = await fs.access(loginsPath(scene.folder)).then(
    () => true,
    () => false,
  );
  if (!exists) return undefined;
  return change(scene, async (logins) => {
    const found = logins.find(isFor(place));
    return [found ? logins.filter((login) => login !== found) : logins, found];
  });
}
