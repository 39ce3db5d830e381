import type { Clock } from '@openkupe/contract/clock';
import { connect } from './client.ts';
import type { Command, Context } from './command.ts';
import type { Environment, Io } from './io.ts';
import type { Format } from './output/format.ts';
import { type ConnectionFlags, type Credentials, resolveCredentials, resolveHost } from './settings/settings.ts';
import { configFolder } from './sign-in/config-folder.ts';
import type { Login } from './sign-in/logins-file.ts';
import { createNarrator } from './terminal/narrator.ts';
import { describeTerminal } from './terminal/terminal.ts';

interface World {
  readonly io: Io;
  readonly env: Environment;
  readonly clock: Clock;
}

/** What a run of `command` works with. Server, tenant and key are looked for when they are first needed. */
export function createContext(command: Command, flags: Readonly<Record<string, unknown>>, signal: AbortSignal, world: World): Context {
  const { io, env, clock } = world;
  const terminal = describeTerminal(io, env);
  const narrator = createNarrator({ stderr: io.stderr, terminal, clock });
  const connection = flags as ConnectionFlags;
  const loginScene = { folder: configFolder(env, io.homeFolder), clock, signal };
  const storedLogin = async (place: { host: string; tenant: string }): Promise<Login | undefined> => {
    // NOTE: loaded when no key is given; whoever gives one does not pay for it.
    const { freshLogin } = await import('./sign-in/stored-logins.ts');
    return freshLogin(place, loginScene);
  };
  const scene = { clock, note: narrator.note, storedLogin };
  let credentials: Promise<Credentials> | undefined;
  const readOnce = () => {
    credentials ??= resolveCredentials(connection, env, io, storedLogin);
    return credentials;
  };
  return {
    ...world,
    terminal,
    format: (flags.output as Format | undefined) ?? command.formats[0] ?? 'table',
    connection,
    loginScene,
    signal,
    credentials: readOnce,
    client: async () => connect(await readOnce(), scene),
    clientAs: (given) => connect(given, scene),
    publicClient: async () => connect({ host: resolveHost(connection, env), tenant: 'none', apiKey: 'none' }, scene),
    note: narrator.note,
    startProgress: narrator.startProgress,
  };
}
