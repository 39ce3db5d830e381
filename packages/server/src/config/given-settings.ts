import { parseArgs } from 'node:util';
import { PASSPHRASE_VARIABLE, PREFIX, SETTINGS, type Setting, type SettingName } from './settings.ts';

const ENTRIES = Object.entries(SETTINGS) as [SettingName, Setting][];

/** The texts of the settings that were given, by name. */
export type GivenSettings = ReadonlyMap<SettingName, string>;

function readFlags(argv: readonly string[], problems: string[]): Map<SettingName, string> {
  const known = new Map(ENTRIES.flatMap(([name, { flag }]) => (flag ? [[flag, name] as const] : [])));
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
    if (!name) problems.push(`Unknown flag "${token.rawName}"; run with --help to see the flags`);
    else if (isSwitch(name)) {
      if (token.value !== undefined) problems.push(`The flag --${token.name} takes no value; leave "${token.value}" out`);
      given.set(name, 'yes');
    } else if (!token.value) problems.push(`The flag --${token.name} needs a value: --${token.name} ${SETTINGS[name].placeholder}`);
    else given.set(name, token.value);
  }
  return given;
}

function readVariables(env: Readonly<Record<string, string | undefined>>, problems: string[]): Map<SettingName, string> {
  const known = new Map(ENTRIES.map(([name, { variable }]) => [variable, name]));
  const given = new Map<SettingName, string>();
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || variable === PASSPHRASE_VARIABLE || value === undefined) continue;
    const name = known.get(variable);
    if (!name) problems.push(`Unknown variable ${variable}; the variables are ${[...known.keys()].join(', ')}`);
    else given.set(name, value);
  }
  return given;
}

/** Reads flags and variables, flags first in precedence. Unknown and malformed ones are appended to `problems`. */
export function readGiven(argv: readonly string[], env: Readonly<Record<string, string | undefined>>, problems: string[]): GivenSettings {
  return new Map([...readVariables(env, problems), ...readFlags(argv, problems)]);
}

/** The text of `--help`. */
export function describeSettings(): string {
  const left = ({ flag, placeholder, variable }: Setting) => (flag ? `--${flag} ${placeholder}`.trimEnd() : `${variable}=${placeholder}`);
  const width = Math.max(...ENTRIES.map(([, setting]) => left(setting).length));
  const lines = ENTRIES.map(([, setting]) => {
    const fallback = setting.fallback === '' ? '' : ` (default ${setting.fallback})`;
    return `  ${left(setting).padEnd(width)}  ${setting.meaning}${fallback}`;
  });
  return `Usage: npm start -- [flags]\n\nStarts the openkupe control plane.\n\n${lines.join('\n')}\n\nEvery flag also has a variable: ${PREFIX} and the flag's name in capitals, with yes or no where the flag takes no value.\n`;
}
