import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError, readConfig } from '../config/config.ts';
import { PASSPHRASE_VARIABLE, SETTINGS } from '../config/settings.ts';
import type { StoreCommandOptions } from './command.ts';
import type { StorePlace } from './compose.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A command line that was understood. */
export type StoreCommand = { readonly options: StoreCommandOptions } & (
  | { readonly verb: 'check' }
  | { readonly verb: 'backup' | 'restore'; readonly file: string }
  | { readonly verb: 'copy'; readonly places: readonly [StorePlace, StorePlace] }
);

/** What follows each verb. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = { check: [], backup: ['FILE'], restore: ['FILE'], copy: ['FROM', 'TO'] };
const FLAGS = {
  config: { type: 'string' },
  data: { type: 'string' },
  'passphrase-file': { type: 'string' },
  'without-secrets': { type: 'boolean' },
  'secrets-file': { type: 'string' },
  verify: { type: 'boolean' },
} as const;
/** The verbs that a flag changes something for. */
const VERBS_OF: Readonly<Record<string, readonly string[]>> = {
  'passphrase-file': ['backup', 'restore'],
  'without-secrets': ['backup'],
  'secrets-file': ['restore'],
  verify: ['restore', 'copy'],
};

/** The text of `--help`. */
export const STORE_HELP = `Usage: openkupe store COMMAND [flags]

  check          look for damage and count what is there, also while the control plane runs
  backup FILE    write everything to FILE, also while the control plane runs
  restore FILE   make a new installation from FILE; store and data folder have to be empty
  copy FROM TO   copy a store into an empty one: each is a data folder or a postgresql:// URL

The store is the one that the settings of the server name: --data or OPENKUPE_DATA, and OPENKUPE_DATABASE_URL with its password file, or
their keys in the configuration file.

  --config FILE           the configuration file of the server
  --data DIR              the data folder (default data)
  --passphrase-file FILE  the passphrase for the secrets in a backup; else ${PASSPHRASE_VARIABLE}, else a question
  --without-secrets       backup: leave the secrets of the installation out
  --secrets-file FILE     restore: the secrets.json of a backup that is without them
  --verify                restore, copy: read back what was written, and compare

Exit codes: 0 done, 1 failed or damage found, 2 wrong usage.
`;

function misuse(sentence: string): ConfigError {
  return new ConfigError([`${sentence}; run "openkupe store --help"`]);
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true });
  } catch (error) {
    throw misuse((error as Error).message.split('. ')[0] ?? '');
  }
}

function readVerb(positionals: readonly string[]): { verb: string; given: readonly string[] } {
  const [verb = '', ...given] = positionals;
  const names = ARGUMENTS[verb];
  // NOTE: what is no word may be a URL with a password.
  if (!names) throw misuse(/^\w+$/.test(verb) ? `There is no command "store ${verb}"` : 'Say what to do with the store');
  if (given.length === names.length) return { verb, given };
  throw misuse(`"store ${verb}" takes ${names.length === 0 ? 'no argument' : names.join(' and ')}, not ${given.length} arguments`);
}

const isUrl = (text: string) => /^postgres(ql)?:/.test(text);

/** A place that was written as a folder or a URL. */
function readPlace(text: string, env: Environment, folder: string): StorePlace {
  if (!isUrl(text)) return { kind: 'folder', folder: resolve(folder, text) };
  const { database } = readConfig([], { ...env, [SETTINGS.databaseUrl.variable]: text }, folder);
  if (!database) throw misuse('The URL names no database');
  return { kind: 'database', settings: database };
}

const DATABASE_SETTINGS = [SETTINGS.databaseUrl, SETTINGS.databasePasswordFile, SETTINGS.databaseCaFile].map(({ variable }) => variable);

/** The settings of a copy: password and CA are those of the URL that is given, and have no effect where there is none. */
function settingsOfCopy(env: Environment, url: string | undefined): Environment {
  const others = Object.fromEntries(Object.entries(env).filter(([name]) => !DATABASE_SETTINGS.includes(name)));
  return url === undefined ? others : { ...env, [SETTINGS.databaseUrl.variable]: url };
}

/** Reads a command line after `store`; relative paths are below `folder`. @throws {ConfigError} */
export function readStoreCommand(argv: readonly string[], env: Environment, folder: string): StoreCommand {
  const { values, positionals } = parse(argv);
  const { verb, given } = readVerb(positionals);
  for (const flag of Object.keys(values)) {
    if (VERBS_OF[flag]?.includes(verb) === false) throw misuse(`--${flag} has no effect on "store ${verb}"`);
  }
  const settings = verb === 'copy' ? settingsOfCopy(env, given.find(isUrl)) : env;
  const path = (text: string | undefined) => (text === undefined ? undefined : resolve(folder, text));
  const options: StoreCommandOptions = {
    config: readConfig(values.data === undefined ? [] : ['--data', values.data], settings, folder),
    passphrase: { file: path(values['passphrase-file']), variable: env[PASSPHRASE_VARIABLE] },
    isWithoutSecrets: values['without-secrets'] === true,
    secretsFile: path(values['secrets-file']),
    isVerified: values.verify === true,
  };
  if (verb === 'check') return { verb, options };
  const [first = '', second = ''] = given;
  if (verb !== 'copy') return { verb: verb as 'backup' | 'restore', file: resolve(folder, first), options };
  return { verb, places: [readPlace(first, settings, folder), readPlace(second, settings, folder)], options };
}
