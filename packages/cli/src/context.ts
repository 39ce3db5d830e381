import type { Clock } from '@openkupe/contract/clock';
import { connect } from './client.ts';
import type { Command, Context } from './command.ts';
import type { Environment, Io } from './io.ts';
import type { Format } from './output/format.ts';
import { type ConnectionFlags, type Credentials, resolveCredentials, resolveHost } from './settings/settings.ts';
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
  const scene = { clock, note: narrator.note };
  let credentials: Promise<Credentials> | undefined;
  const readOnce = () => {
    credentials ??= resolveCredentials(connection, env, io);
    return credentials;
  };
  return {
    ...world,
    terminal,
    format: (flags.output as Format | undefined) ?? command.formats[0] ?? 'table',
    connection,
    signal,
    credentials: readOnce,
    client: async () => connect(await readOnce(), scene),
    publicClient: async () => connect({ host: resolveHost(connection, env), tenant: 'none', apiKey: 'none' }, scene),
    note: narrator.note,
    startProgress: narrator.startProgress,
  };
}
