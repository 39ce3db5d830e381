import { type Context, command, on, text } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { FORMATS } from '../../output/format.ts';
import { object } from '../../output/result.ts';
import { hasGivenKey, resolveHost, resolveKey, resolveTenant } from '../../settings/settings.ts';
import { type Issuer, resolveIssuer } from '../../sign-in/issuer.ts';
import type { Login } from '../../sign-in/logins-file.ts';
import { SESSION_VIEW, type Session, sessionOf, tenantAs } from './session.ts';

interface Place {
  readonly host: string;
  readonly tenant: string;
}

interface SignedIn {
  readonly login: Login;
  /** Ends what the issuer gave, when the server does not accept it. */
  giveBack(): Promise<unknown>;
}

async function signIn(place: Place, issuer: Issuer, isByBrowser: boolean, context: Context): Promise<SignedIn> {
  const { openProvider } = await import('../../sign-in/provider.ts');
  const provider = await openProvider(issuer, context);
  const flow = isByBrowser
    ? (await import('../../sign-in/browser-flow.ts')).signInByBrowser
    : (await import('../../sign-in/device-flow.ts')).signInByDevice;
  const tokens = await flow(provider, context);
  return {
    login: { kind: 'oidc', ...place, ...issuer, ...tokens },
    giveBack: () => provider.revoke(tokens.refreshToken ?? tokens.accessToken),
  };
}

async function readKey({ connection, env, io }: Context): Promise<string> {
  if (hasGivenKey(connection, env)) return resolveKey(connection, env, io);
  if (!io.stdin.isTerminal) return resolveKey({ ...connection, tokenFile: '-' }, env, io);
  const next = { run: 'openkupe auth login --token-file key.txt', why: 'a key typed here would be seen' };
  throw misuse('--api-key needs the key in KUPE_API_KEY, in --token-file or on stdin.', next);
}

/** Asks the server for the tenant first: what it refuses is not stored, and given back to the issuer. */
async function admitted({ login, giveBack }: SignedIn, context: Context): Promise<Session> {
  const { host, tenant } = login;
  const apiKey = login.kind === 'oidc' ? login.accessToken : login.apiKey;
  try {
    const found = await tenantAs({ host, tenant, apiKey }, context);
    return sessionOf({ host, tenant, apiKey, signIn: login.kind === 'oidc' ? login : undefined }, found);
  } catch (error) {
    // NOTE: the reason to tell is the server's; tokens that cannot be given back end by themselves.
    await giveBack().catch(() => undefined);
    throw error;
  }
}

export const authLogin = command({
  path: 'auth login',
  summary: 'Sign in to a tenant of a server, and stay signed in.',
  details:
    'Shows an address and a code, which you approve on any device; --browser uses the browser of this machine instead. The server is asked ' +
    'for the tenant before anything is stored. Tokens are kept in a file that only you can read, and renewed by whatever command needs them. ' +
    '--token-file, KUPE_API_KEY and KUPE_API_TOKEN win over what is stored.',
  examples: [
    { run: 'openkupe auth login --host https://api.example.com --tenant acme --issuer https://auth.example.com', why: 'with a code' },
    { run: 'openkupe auth login --browser', why: 'in the browser of this machine' },
    { run: 'openkupe auth login --token-file key.txt', why: 'with an API key' },
  ],
  args: {},
  flags: {
    issuer: text('url', 'The issuer; without it KUPE_OIDC_ISSUER, then KUPE_OIDC_BASE_URL. http is for this machine only.'),
    browser: on('Sign in with the browser of this machine instead of a code.'),
    apiKey: on('Store an API key instead, from --token-file, KUPE_API_KEY or stdin.'),
  },
  formats: FORMATS,
  isRemote: true,
  async run({ flags }, context) {
    const { connection, env } = context;
    const place = { host: resolveHost(connection, env), tenant: resolveTenant(connection, env) };
    const isByKey = flags.apiKey || connection.tokenFile !== undefined;
    if (isByKey && (flags.browser || flags.issuer)) throw misuse('An API key needs no issuer; leave out --browser and --issuer.');
    const signedIn: SignedIn = isByKey
      ? { login: { kind: 'api-key', ...place, apiKey: await readKey(context) }, giveBack: async () => undefined }
      : await signIn(place, resolveIssuer(flags.issuer, env), flags.browser, context);
    const session = await admitted(signedIn, context);
    const { storeLogin } = await import('../../sign-in/stored-logins.ts');
    await storeLogin(signedIn.login, context.loginScene);
    const isShadowed = hasGivenKey({}, env);
    context.note(`Signed in to tenant "${place.tenant}" at ${place.host}.`);
    if (isShadowed) context.note('KUPE_API_KEY or KUPE_API_TOKEN is set and wins over this login until it is unset.');
    return object(session, SESSION_VIEW);
  },
});
