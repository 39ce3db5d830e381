import { type Command, choice, type Flags, short, text } from './command.ts';

/** The flags for server, tenant and credential. */
export const CONNECTION = {
  context: text(
    'name',
    'The login to use, as `context list` names it; it wins over the environment. Without it KUPE_CONTEXT, then the current one.',
  ),
  host: text('url', 'The server; without it KUPE_HOST, then KUPE_API_URL, then that of the context. http is for this machine only.'),
  tenant: text('name', 'The tenant; without it KUPE_TENANT, then that of the context.'),
  tokenFile: text('file', 'A file that holds the API key, - for stdin; without it KUPE_API_KEY, then KUPE_API_TOKEN, then the login.'),
  caFile: text('file', 'Certificates (PEM) to trust besides the usual ones; without it KUPE_CA_FILE.'),
} as const satisfies Flags;

/** The flags a command takes besides its own: how the result is written, and for remote commands where the server is. */
export function globalFlags(command: Command): Flags {
  const [first] = command.formats;
  const output =
    first === undefined
      ? {}
      : { output: short('o', choice('format', `How the result is written; ${first} if not given.`, command.formats)) };
  return { ...output, ...(command.isRemote ? CONNECTION : {}) };
}

/** Every global flag, for those written before the noun. */
export const ALL_GLOBAL_FLAGS: Flags = { output: short('o', text('format', 'How the result is written.')), ...CONNECTION };
