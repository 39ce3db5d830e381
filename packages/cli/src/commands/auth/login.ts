import { type Context, command, on, text } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { hasGivenKey, resolveKey } from '../../settings/settings.ts';
import { givenIssuer, type Issuer, issuerNamedBy } from '../../sign-in/issuer.ts';
import { defaultName, type HostAndTenant, type Login } from '../../sign-in/logins-file.ts';
import type { Tokens } from '../../sign-in/provider.ts';
import { chooseTenant } from './choose-tenant.ts';
import { loginTarget, type Target } from './login-target.ts';
import { fetchCaller, SESSION_VIEW, type Session, sessionOf } from './session.ts';

interface SignedIn {
  readonly login: Login;
  /** Revokes the tokens, when the server does not accept them. */
  revoke(): Promise<unknown>;
}

async function issuerFor({ host }: Target, flag: string | undefined, context: Context): Promise<Issuer> {
  const given = givenIssuer(flag, context.env);
  if (given) return given;
  const client = await context.clientAs({ host, tenant: 'none', apiKey: 'none' });
  const issuer = await issuerNamedBy(client, host, context.env, context.signal);
  context.note(`The server ${host} names the issuer ${issuer.issuer}`);
  return issuer;
}

function named(target: Target, { host, tenant }: HostAndTenant): { name: string } & HostAndTenant {
  return { name: target.name ?? defaultName({ host, tenant }), host, tenant };
}

async function signIn(target: Target, issuer: Issuer, isByBrowser: boolean, context: Context): Promise<SignedIn> {
  const { openProvider } = await import('../../sign-in/provider.ts');
  const { checkRoomForLogin } = await import('../../sign-in/stored-logins.ts');
  // NOTE: before the user is asked to do something whose result could not be stored.
  await checkRoomForLogin(context.loginDependencies);
  const provider = await openProvider(issuer, context.loginDependencies);
  const flow = isByBrowser
    ? (await import('../../sign-in/browser-flow.ts')).signInByBrowser
    : (await import('../../sign-in/device-flow.ts')).signInByDevice;
  const tokens: Tokens = await flow(provider, context);
  const revoke = () => provider.revoke(tokens.refreshToken ?? tokens.accessToken);
  try {
    const tenant = target.tenant ?? (await chooseTenant(tokens, context));
    return { login: { kind: 'oidc', ...named(target, { host: target.host, tenant }), ...issuer, ...tokens }, revoke };
  } catch (error) {
    await revoke().catch(() => undefined);
    throw error;
  }
}

async function readKey({ connection, env, io }: Context): Promise<string> {
  const flags = { ...connection, context: undefined };
  if (hasGivenKey(flags, env)) return resolveKey(flags, env, io);
  if (!io.stdin.isTerminal) return resolveKey({ ...flags, tokenFile: '-' }, env, io);
  const next = { run: 'openkupe auth login --token-file key.txt', why: 'a key typed here would be seen' };
  throw misuse('--api-key needs the key in KUPE_API_KEY, in --token-file or on stdin.', next);
}

async function takeKey(target: Target, context: Context): Promise<SignedIn> {
  const { host, tenant } = target;
  if (tenant === undefined) throw misuse('An API key is for one tenant; pass --tenant, or set KUPE_TENANT.');
  return {
    login: { kind: 'api-key', ...named(target, { host, tenant }), apiKey: await readKey(context) },
    revoke: async () => undefined,
  };
}

/** Stores a login that the server accepts; revokes one that it refuses or that cannot be stored. */
async function admitted({ login, revoke }: SignedIn, context: Context): Promise<Session> {
  const { host, tenant } = login;
  const apiKey = login.kind === 'oidc' ? login.accessToken : login.apiKey;
  const { storeLogin } = await import('../../sign-in/stored-logins.ts');
  try {
    const caller = await fetchCaller({ host, tenant, apiKey }, context);
    await storeLogin(login, context.loginDependencies);
    return sessionOf({ host, tenant, apiKey, signIn: login.kind === 'oidc' ? login : undefined }, caller);
  } catch (error) {
    // NOTE: that error is the one to report; tokens that cannot be revoked expire.
    await revoke().catch(() => undefined);
    throw error;
  }
}

/** Signs in by device code (RFC 8628), browser (RFC 8252) or API key, and stores the login once the server has accepted it. */
export const authLogin = command({
  path: 'auth login',
  summary: 'Sign in to a tenant of a server, and stay signed in.',
  details:
    'Shows an address and a code, which you approve on any device; --browser uses the browser of this machine instead. The server names its ' +
    'issuer, and your groups the tenant, where you do not. The server is asked for the tenant before anything is stored. The login becomes the ' +
    'current context, which every command uses where flags and environment say nothing else: it is called TENANT@HOST, or what --context says, ' +
    'so that several users can have a login for the same tenant. Tokens are kept in a file that only you can read, and renewed by whatever ' +
    'command needs them. --token-file, KUPE_API_KEY and KUPE_API_TOKEN win over what is stored.',
  examples: [
    { run: 'openkupe auth login --host https://api.example.com', why: 'with a code, at the issuer that the server names' },
    { run: 'openkupe auth login --browser', why: 'again, in the browser of this machine' },
    { run: 'openkupe auth login --host https://api.example.com --tenant acme --token-file key.txt', why: 'with an API key' },
  ],
  args: {},
  flags: {
    issuer: text(
      'url',
      'The issuer; without it KUPE_OIDC_ISSUER, KUPE_OIDC_BASE_URL, then what the server names. http is for this machine only.',
    ),
    browser: on('Sign in with the browser of this machine instead of a code.'),
    apiKey: on('Store an API key instead, from --token-file, KUPE_API_KEY or stdin.'),
  },
  formats: FORMATS,
  isRemote: true,
  hasScript: false,
  async run({ flags }, context) {
    const isByKey = flags.apiKey || context.connection.tokenFile !== undefined;
    if (isByKey && (flags.browser || flags.issuer)) throw misuse('An API key needs no issuer; leave out --browser and --issuer.');
    const target = await loginTarget(context);
    const signedIn = isByKey
      ? await takeKey(target, context)
      : await signIn(target, await issuerFor(target, flags.issuer, context), flags.browser, context);
    const session = await admitted(signedIn, context);
    const { name, tenant, host } = signedIn.login;
    context.note(`Signed in to tenant "${tenant}" at ${host}; the current context is ${name}.`);
    if (hasGivenKey({}, context.env)) context.note('KUPE_API_KEY or KUPE_API_TOKEN is set and wins over this login until it is unset.');
    return object(session, SESSION_VIEW);
  },
});
