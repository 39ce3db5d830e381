import { type Command, choice, type Flags, on, short, text } from './command.ts';
import { QUERY_FORMAT } from './output/printing.ts';

/** The flags for server, tenant and credential. */
export const CONNECTION = {
  context: {
    ...text(
      'name',
      'The login to use, as `context list` names it; it wins over the environment. Without it KUPE_CONTEXT, then the current one.',
    ),
    names: 'context',
  },
  host: text('url', 'The server; without it KUPE_HOST, then KUPE_API_URL, then that of the context. http is for this machine only.'),
  tenant: text('name', 'The tenant; without it KUPE_TENANT, then that of the context.'),
  tokenFile: text('file', 'A file that holds the API key, - for stdin; without it KUPE_API_KEY, then KUPE_API_TOKEN, then the login.'),
  caFile: text('file', 'Certificates (PEM) to trust besides the usual ones; without it KUPE_CA_FILE.'),
} as const satisfies Flags;

/** The flags of every list. */
export const LIST_FLAGS = {
  columns: text('columns', 'The columns of the table, with commas between them: titles, or TITLE:.path for a field of the API.'),
  noHeader: on('Leave out the titles of the table.'),
  sortBy: text('column', 'Sort by a column, or by .path; - before it turns the order around.'),
} as const satisfies Flags;

const QUIET = { quiet: { ...on('Write nothing but failures to stderr.'), short: 'q' } } as const satisfies Flags;
const CURL = {
  curl: on('Print the bash script that does the same with curl, waits and conflicts included, and send nothing.'),
} as const satisfies Flags;

/** The flags a command takes besides its own: how the result is written, and for remote commands where the server is. */
export function globalFlags(command: Command): Flags {
  const [first] = command.formats;
  const format = choice('format', `How the result is written; ${first} if not given.`, command.formats);
  const query = { summary: `${format.summary.replace(/\.$/, '')}, jsonpath=QUERY.`, alsoMatches: QUERY_FORMAT };
  const output = first === undefined ? {} : { output: short('o', { ...format, ...(command.formats.includes('json') ? query : {}) }) };
  return {
    ...output,
    ...(command.isList ? LIST_FLAGS : {}),
    ...(command.isRemote ? { ...QUIET, ...(command.hasScript === false ? {} : CURL), ...CONNECTION } : {}),
  };
}

/** Every global flag, for those written before the noun. */
export const ALL_GLOBAL_FLAGS: Flags = {
  output: short('o', text('format', 'How the result is written.')),
  ...QUIET,
  ...CURL,
  ...CONNECTION,
};
