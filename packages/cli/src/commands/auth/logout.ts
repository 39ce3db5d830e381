import { type Context, command } from '../../command.ts';
import { resolveHost, resolveTenant } from '../../settings/settings.ts';
import type { OidcLogin } from '../../sign-in/logins-file.ts';

/** Tells the issuer, if it wants to know (RFC 7009). The login is gone from this machine already, so that a failure is only told. */
async function revoke(login: OidcLogin, { clock, signal, note }: Context): Promise<void> {
  const { openProvider } = await import('../../sign-in/provider.ts');
  try {
    const provider = await openProvider(login, { clock, signal });
    const isRevoked = await provider.revoke(login.refreshToken ?? login.accessToken);
    if (!isRevoked) note(`The issuer ${login.issuer} cannot revoke tokens; they end by themselves.`);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    note(`The tokens could not be revoked and end by themselves: ${(error as Error).message}`);
  }
}

export const authLogout = command({
  path: 'auth logout',
  summary: 'Forget the login for a tenant of a server.',
  details: 'Removes what is stored on this machine, then revokes the tokens of a sign-in where the issuer offers that.',
  examples: [{ run: 'openkupe auth logout --tenant acme', why: 'when you leave the machine' }],
  args: {},
  flags: {},
  formats: [],
  isRemote: true,
  async run(_, context) {
    const place = { host: resolveHost(context.connection, context.env), tenant: resolveTenant(context.connection, context.env) };
    const { removeLogin } = await import('../../sign-in/stored-logins.ts');
    const login = await removeLogin(place, context.loginScene);
    if (!login) {
      context.note(`No login was stored for tenant "${place.tenant}" at ${place.host}.`);
      return { kind: 'nothing' };
    }
    if (login.kind === 'oidc') await revoke(login, context);
    context.note(`Signed out of tenant "${place.tenant}" at ${place.host}.`);
    return { kind: 'nothing' };
  },
});
