import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type FileSettings, readFlags, readVariables } from './given-settings.ts';
import { suggestion } from './nearest-name.ts';
import { CONFIG_SETTING, SETTINGS_BY_KEY } from './setting-key.ts';
import { SETTINGS, type Setting, type SettingName } from './settings.ts';

const MOST_BYTES = 1_048_576;

/** The two words of a setting that is on or off. */
function wordsOf({ isSwitch, placeholder }: Setting): readonly [string, string] {
  return !isSwitch && placeholder.split('|').includes('on') ? ['off', 'on'] : ['no', 'yes'];
}

/** The text of a value as it would be in a variable; `undefined` for what has none: an object, a null, a list in a list. */
function textOf(value: unknown, setting: Setting): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return wordsOf(setting)[Number(value)];
  if (!Array.isArray(value)) return undefined;
  const texts = value.map((entry) => (Array.isArray(entry) ? undefined : textOf(entry, setting)));
  return texts.includes(undefined) ? undefined : texts.join(',');
}

function readEntries(entries: object, path: string, problems: string[]): Map<SettingName, string> {
  const given = new Map<SettingName, string>();
  for (const [key, value] of Object.entries(entries)) {
    const name = SETTINGS_BY_KEY.get(key);
    const text = name && textOf(value, SETTINGS[name]);
    if (!name) problems.push(`Unknown key "${key}" in ${path}${suggestion(key, SETTINGS_BY_KEY.keys())}`);
    else if (text === undefined) problems.push(`The key "${key}" in ${path} needs a text, a number, true or false, or a list of them`);
    else given.set(name, text);
  }
  return given;
}

/** Parses the text of a configuration file. */
export async function parseConfigFile(text: string, path: string): Promise<FileSettings> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { prettyErrors: true });
  const problems = document.errors.map(({ message }) => `${path} is not valid YAML: ${message.split('\n')[0]?.replace(/:$/, '')}`);
  if (problems.length > 0) return { path, given: new Map(), problems };
  const content: unknown = document.toJS({ maxAliasCount: 0 });
  if (content === null || content === undefined) return { path, given: new Map(), problems };
  if (typeof content !== 'object' || Array.isArray(content))
    return { path, given: new Map(), problems: [`${path} must hold settings, each as "key: value" on a line of its own`] };
  const given = readEntries(content, path, problems);
  return { path, given, problems };
}

/** Reads the configuration file that the flags or the environment name; `undefined` where none is named. Relative paths are below `folder`. */
export async function readConfigFile(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): Promise<FileSettings | undefined> {
  const named = readFlags(argv, []).get(CONFIG_SETTING) ?? readVariables(env, []).get(CONFIG_SETTING);
  if (!named) return undefined;
  const path = resolve(folder, named);
  try {
    const bytes = await readFile(path);
    if (bytes.length > MOST_BYTES) return { path, given: new Map(), problems: [`${path} is larger than ${MOST_BYTES} bytes`] };
    return await parseConfigFile(bytes.toString('utf8'), path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { path, given: new Map(), problems: [`The configuration file ${path} cannot be read (${code ?? message})`] };
  }
}

/** The environment with what the file gives as variables, where it has none of its own: for commands that read only some of the settings. */
export function environmentWith(
  file: FileSettings | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const given = [...(file?.given ?? [])].map(([name, text]) => [SETTINGS[name].variable, text] as const);
  return { ...Object.fromEntries(given), ...env };
}
