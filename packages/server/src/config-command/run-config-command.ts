import { parseArgs } from 'node:util';
import { ConfigError } from '../config/config.ts';
import { suggestion } from '../config/nearest-name.ts';
import { readSettings } from '../config/read-settings.ts';
import { configReference } from './config-reference.ts';
import { configSchema } from './config-schema.ts';
import { printConfig } from './print-config.ts';

/** Where the settings come from, and where the results go. */
export interface ConfigCommandPorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  readonly say: (text: string) => void;
  readonly complain: (sentence: string) => void;
}

/** The text of `--help`. */
const CONFIG_HELP = `Usage: openkupe-server config COMMAND [flags of the server]

  check             check the settings, and name everything that is wrong; starts nothing
  print [--sources] print the settings in force as a configuration file, without secrets; with what set each
  schema            print the JSON schema of the configuration file, for editors
  reference         print the page with all settings, as Markdown

Exit codes: 0 done, 2 the settings or the usage are wrong.`;

const VERBS = ['check', 'print', 'schema', 'reference'];
const MISUSE = 2;

async function readAndShow(argv: readonly string[], isPrint: boolean, { env, folder, say }: ConfigCommandPorts): Promise<void> {
  const showsSources = isPrint && argv.includes('--sources');
  const flags = argv.filter((text) => !isPrint || text !== '--sources');
  const { given } = await readSettings(flags, env, folder);
  say(isPrint ? printConfig(given, showsSources) : 'The settings are right.');
}

/** Runs `config`; resolves with the exit code. `argv` is what follows that word. */
export async function runConfigCommand(argv: readonly string[], ports: ConfigCommandPorts): Promise<number> {
  const [verb = '', ...rest] = argv;
  if (verb === '--help' || verb === '-h' || parseArgs({ args: rest, strict: false }).values.help) {
    ports.say(CONFIG_HELP);
    return 0;
  }
  try {
    if (!VERBS.includes(verb)) {
      const help = suggestion(verb, VERBS) || `; the commands are ${VERBS.join(', ')}`;
      throw new ConfigError([verb === '' ? `A command is missing${help}` : `Unknown command "${verb}"${help}`]);
    }
    if (verb === 'schema') ports.say(JSON.stringify(configSchema(), null, 2));
    else if (verb === 'reference') ports.say(configReference().trimEnd());
    else await readAndShow(rest, verb === 'print', ports);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) ports.complain(problem);
    return MISUSE;
  }
}
