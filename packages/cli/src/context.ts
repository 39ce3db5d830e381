import type { Clock } from '@openkupe/contract/clock';
import { connect } from './client.ts';
import type { Command, Context } from './command.ts';
import type { Environment, Io } from './io.ts';
import { createNetwork } from './network/network.ts';
import type { Format } from './output/format.ts';
import { type ConnectionFlags, type Credentials, resolveCredentials, resolveHost } from './settings/settings.ts';
import { configFolder } from './sign-in/config-folder.ts';
import type { Logins, OidcLogin } from './sign-in/logins-file.ts';
import { createNarrator } from './terminal/narrator.ts';
import { describeTerminal } from './terminal/terminal.ts';

interface World {
  readonly io: Io;
  readonly env: Environment;
  readonly clock: Clock;
  /** See {@link Context.commandLine}. */
  readonly commandLine: Context['commandLine'];
}

function holdsObject(text: string): boolean {
  try {
    return /^\s*\{/.test(text) && JSON.parse(text) !== null;
  } catch {
    return false;
  }
}

/** What a run of `command` works with. Server, tenant and key are looked for when they are first needed. */
export function createContext(command: Command, flags: Readonly<Record<string, unknown>>, signal: AbortSignal, world: World): Context {
  const { io, env, clock } = world;
  const terminal = describeTerminal(io, env);
  const narrator = createNarrator({ stderr: io.stderr, terminal, clock });
  const connection = flags as ConnectionFlags;
  const network = createNetwork(env, connection.caFile);
  const loginScene = { folder: configFolder(env, io.homeFolder), clock, signal, network };
  const storedLogins = async (): Promise<Logins> => {
    // NOTE: loaded when something is not given by flag or environment; whoever gives all of it does not pay for it.
    const { loginsPath, readLogins } = await import('./sign-in/logins-file.ts');
    return readLogins(loginsPath(loginScene.folder));
  };
  const renew = async (signIn: OidcLogin, refused?: string): Promise<OidcLogin> => {
    const { freshLogin } = await import('./sign-in/stored-logins.ts');
    return freshLogin(signIn, loginScene, refused);
  };
  let keepsAnswers: boolean | undefined;
  const onAnswer: Parameters<typeof connect>[1]['onAnswer'] = ({ status, headers, text }) => {
    // NOTE: a failure without the header, or a success without an object, may be the word of a gateway in front, which does not know.
    if (headers.get('idempotency-key-support') === 'yes') keepsAnswers = true;
    else if (status < 300 && holdsObject(text)) keepsAnswers ??= false;
  };
  const scene = { clock, note: narrator.note, renew, network, onAnswer };
  let credentials: Promise<Credentials> | undefined;
  const readOnce = () => {
    credentials ??= resolveCredentials(connection, env, io, storedLogins, renew);
    return credentials;
  };
  return {
    ...world,
    terminal,
    format: (flags.output as Format | undefined) ?? command.formats[0] ?? 'table',
    connection,
    loginScene,
    storedLogins,
    signal,
    credentials: readOnce,
    client: async () => connect(await readOnce(), scene),
    clientAs: (given) => connect(given, scene),
    publicClient: async () => connect({ host: await resolveHost(connection, env, storedLogins), tenant: 'none', apiKey: 'none' }, scene),
    keepsAnswers: () => keepsAnswers,
    note: narrator.note,
    startProgress: narrator.startProgress,
  };
}
