import { parseArgs } from 'node:util';
import { suggestion } from './nearest-name.ts';
import { SETTING_ENTRIES } from './setting-key.ts';
import { PASSPHRASE_VARIABLE, PREFIX, SETTINGS, type Setting, type SettingName } from './settings.ts';

/** A setting that was given: its text, and the flag, variable or file that gave it. */
export interface GivenSetting {
  readonly text: string;
  readonly source: string;
}

/** The settings of a configuration file as texts, where it is, and what is wrong with it. */
export interface FileSettings {
  readonly path: string;
  readonly given: ReadonlyMap<SettingName, string>;
  readonly problems: readonly string[];
}

/** The settings that were given, by name. */
export type GivenSettings = ReadonlyMap<SettingName, GivenSetting>;

/** The texts of the flags. Unknown and malformed ones are appended to `problems`. */
export function readFlags(argv: readonly string[], problems: string[]): Map<SettingName, string> {
  const known = new Map(SETTING_ENTRIES.flatMap(([name, { flag }]) => (flag ? [[flag, name] as const] : [])));
  const isSwitch = (name: SettingName) => (SETTINGS[name] as Setting).isSwitch === true;
  const options = Object.fromEntries([...known].map(([flag, name]) => [flag, { type: isSwitch(name) ? 'boolean' : 'string' } as const]));
  const { tokens } = parseArgs({ args: [...argv], strict: false, tokens: true, allowPositionals: true, options });
  const given = new Map<SettingName, string>();
  let isValueOfUnknown = false;
  for (const token of tokens) {
    if (token.kind === 'positional' && !isValueOfUnknown)
      problems.push(`Unexpected argument "${token.value}"; run with --help to see the flags`);
    isValueOfUnknown = false;
    if (token.kind !== 'option') continue;
    const name = known.get(token.name);
    isValueOfUnknown = !name;
    if (!name)
      problems.push(
        `Unknown flag "${token.rawName}"${
          suggestion(
            `--${token.name}`,
            [...known.keys()].map((name) => `--${name}`),
          ) || '; run with --help to see the flags'
        }`,
      );
    else if (isSwitch(name)) {
      if (token.value !== undefined) problems.push(`The flag --${token.name} takes no value; leave "${token.value}" out`);
      given.set(name, 'yes');
    } else if (!token.value) problems.push(`The flag --${token.name} needs a value: --${token.name} ${SETTINGS[name].placeholder}`);
    else given.set(name, token.value);
  }
  return given;
}

/** The texts of the variables. Unknown ones are appended to `problems`. */
export function readVariables(env: Readonly<Record<string, string | undefined>>, problems: string[]): Map<SettingName, string> {
  const known = new Map(SETTING_ENTRIES.map(([name, { variable }]) => [variable, name]));
  const given = new Map<SettingName, string>();
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || variable === PASSPHRASE_VARIABLE || value === undefined) continue;
    const name = known.get(variable);
    if (!name) {
      const help = suggestion(variable, known.keys()) || `; the variables are ${[...known.keys()].join(', ')}`;
      problems.push(`Unknown variable ${variable}${help}`);
    } else given.set(name, value);
  }
  return given;
}

/** Reads flags, variables and the configuration file, in this order of precedence. What is unknown or malformed is appended to `problems`. */
export function readGiven(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  file: FileSettings | undefined,
  problems: string[],
): GivenSettings {
  problems.push(...(file?.problems ?? []));
  const from = (texts: ReadonlyMap<SettingName, string>, sourceOf: (setting: Setting) => string) =>
    [...texts].map(([name, text]) => [name, { text, source: sourceOf(SETTINGS[name]) }] as const);
  return new Map([
    ...from(file?.given ?? new Map(), () => file?.path ?? ''),
    ...from(readVariables(env, problems), ({ variable }) => variable),
    ...from(readFlags(argv, problems), ({ flag }) => `--${flag}`),
  ]);
}

/** The text of `--help`. */
export function describeSettings(): string {
  const left = ({ flag, placeholder, variable }: Setting) => (flag ? `--${flag} ${placeholder}`.trimEnd() : `${variable}=${placeholder}`);
  const width = Math.max(...SETTING_ENTRIES.map(([, setting]) => left(setting).length));
  const lines = SETTING_ENTRIES.map(([, setting]) => {
    const fallback = setting.fallback === '' ? '' : ` (default ${setting.fallback})`;
    return `  ${left(setting).padEnd(width)}  ${setting.meaning}${fallback}`;
  });
  return `Usage: openkupe-server [flags]\n\nStarts the openkupe control plane. Other commands: openkupe-server config --help, openkupe-server store --help, openkupe-server secret-values --help, openkupe-server doctor --help.\n\n${lines.join('\n')}\n\nEvery flag also has a variable: ${PREFIX} and the flag's name in capitals, with yes or no where the flag takes no value. In the file of --config every setting has a key: its variable without ${PREFIX}, in small letters with hyphens.\n`;
}
