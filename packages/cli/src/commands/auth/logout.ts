import { type Context, command } from '../../command.ts';
import { chosenLogin, resolveHostAndTenant } from '../../settings/settings.ts';
import { isFor, type Login, type OidcLogin } from '../../sign-in/logins-file.ts';

/** Revokes the tokens at the issuer, where it can (RFC 7009). The login is deleted from this machine already, so a failure is only a note. */
async function revoke(login: OidcLogin, { loginDependencies, signal, note }: Context): Promise<void> {
  const { openProvider } = await import('../../sign-in/provider.ts');
  try {
    const provider = await openProvider(login, loginDependencies);
    const isRevoked = await provider.revoke(login.refreshToken ?? login.accessToken);
    if (!isRevoked) note(`The issuer ${login.issuer} cannot revoke tokens; they end by themselves.`);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    note(`The tokens could not be revoked and end by themselves: ${(error as Error).message}`);
  }
}

/** The login that flags, environment and the current context mean; undefined when none is stored. */
async function meantLogin({ connection, env, storedLogins }: Context): Promise<Login | undefined> {
  const stored = await storedLogins();
  const target = await resolveHostAndTenant(connection, env, async () => stored);
  const chosen = chosenLogin(connection, env, stored);
  return chosen && isFor(target)(chosen) ? chosen : stored.logins.find(isFor(target));
}

/** Deletes a stored login and revokes its tokens (RFC 7009). */
export const authLogout = command({
  path: 'auth logout',
  summary: 'Forget a login, and revoke its tokens.',
  details: 'Removes what is stored on this machine, then revokes the tokens of a sign-in where the issuer offers that.',
  examples: [
    { run: 'openkupe auth logout', why: 'the current context, when you leave the machine' },
    { run: 'openkupe auth logout --tenant acme', why: 'the login for another tenant' },
  ],
  args: {},
  flags: {},
  formats: [],
  isRemote: true,
  hasScript: false,
  async run(_, context) {
    const meant = await meantLogin(context);
    const { removeLogin } = await import('../../sign-in/stored-logins.ts');
    const login = meant && (await removeLogin(meant.name, context.loginDependencies));
    if (!login) {
      const { host, tenant } = await resolveHostAndTenant(context.connection, context.env, context.storedLogins);
      context.note(`No login was stored for tenant "${tenant}" at ${host}.`);
      return { kind: 'nothing' };
    }
    if (login.kind === 'oidc') await revoke(login, context);
    context.note(`Signed out of tenant "${login.tenant}" at ${login.host}.`);
    const { current, logins } = await context.storedLogins();
    if (current === undefined && logins.length > 0)
      context.note('There is no current context now; choose one with: openkupe context use NAME');
    return { kind: 'nothing' };
  },
});
