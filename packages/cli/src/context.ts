import type { Clock } from '@openkupe/contract/clock';
import { connect } from './client.ts';
import type { Command, Context } from './command.ts';
import type { Recorder } from './curl/recorder.ts';
import type { Environment, Io } from './io.ts';
import { createNetwork } from './network/network.ts';
import { printingOf } from './output/printing.ts';
import { type ConnectionFlags, type Credentials, resolveCredentials, resolveHost, resolveHostAndTenant } from './settings/settings.ts';
import { configFolder } from './sign-in/config-folder.ts';
import type { Logins, OidcLogin } from './sign-in/logins-file.ts';
import { createReporter } from './terminal/reporter.ts';
import { describeTerminal } from './terminal/terminal.ts';
import type { Progress } from './wait/progress.ts';

/** What is the same for every command of this process. */
interface ProcessDependencies {
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

const NO_PROGRESS: Progress = { show: () => {}, note: () => {}, end: () => {} };

/** The {@link Context} of one run of `command`. Server, tenant and key are resolved when they are first needed. */
export function createContext(
  command: Command,
  flags: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  { script, ...dependencies }: ProcessDependencies & { readonly script?: Recorder | undefined },
): Context {
  const { io, env, clock } = dependencies;
  const isQuiet = flags.quiet === true || script !== undefined;
  const printing = printingOf(flags, command.formats[0] ?? 'table');
  const terminal = describeTerminal(io, env);
  const reporter = createReporter({ stderr: io.stderr, terminal, clock });
  const connection = flags as ConnectionFlags;
  const network = createNetwork(env, connection.caFile);
  const loginDependencies = { folder: configFolder(env, io.homeFolder), clock, signal, network };
  const storedLogins = async (): Promise<Logins> => {
    // NOTE: loaded only when flags and environment leave something out, because loading takes time.
    const { loginsPath, readLogins } = await import('./sign-in/logins-file.ts');
    return readLogins(loginsPath(loginDependencies.folder));
  };
  const renew = async (signIn: OidcLogin, refused?: string): Promise<OidcLogin> => {
    const { freshLogin } = await import('./sign-in/stored-logins.ts');
    return freshLogin(signIn, loginDependencies, refused);
  };
  let supportsIdempotencyKeys: boolean | undefined;
  const onAnswer: Parameters<typeof connect>[1]['onAnswer'] = ({ status, headers, text }) => {
    // NOTE: a failure without the header, or a success without an object, may come from a gateway in front, which does not set it.
    if (headers.get('idempotency-key-support') === 'yes') supportsIdempotencyKeys = true;
    else if (status < 300 && holdsObject(text)) supportsIdempotencyKeys ??= false;
  };
  const note = isQuiet ? () => {} : reporter.note;
  const clientDependencies = { clock, note, renew, network, onAnswer, transport: script?.transport };
  let credentials: Promise<Credentials> | undefined;
  const readOnce = () => {
    // NOTE: a script reads the key where it runs.
    if (script)
      credentials ??= resolveHostAndTenant(connection, env, storedLogins).then((target) => ({ ...target, apiKey: 'KUPE_API_KEY' }));
    credentials ??= resolveCredentials(connection, env, io, storedLogins, renew);
    return credentials;
  };
  return {
    ...dependencies,
    terminal,
    format: printing.format,
    printing,
    script,
    connection,
    loginDependencies,
    storedLogins,
    signal,
    credentials: readOnce,
    client: async () => connect(await readOnce(), clientDependencies),
    clientAs: (given) => connect(given, clientDependencies),
    publicClient: async () =>
      connect({ host: await resolveHost(connection, env, storedLogins), tenant: 'none', apiKey: 'none' }, clientDependencies),
    supportsIdempotencyKeys: () => supportsIdempotencyKeys,
    note,
    startProgress: isQuiet ? () => NO_PROGRESS : reporter.startProgress,
  };
}
