import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { type FileSettings, readFlags, readVariables } from './given-settings.ts';
import { CONFIG_SETTING } from './setting-key.ts';
import { SETTINGS } from './settings.ts';

/** Far more than all settings take; a file of this size is parsed within seconds, whatever is in it. */
const MOST_BYTES = 65_536;

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
    const bytes = Buffer.concat(await createReadStream(path, { end: MOST_BYTES }).toArray());
    if (bytes.length > MOST_BYTES) return { path, given: new Map(), problems: [`${path} is larger than ${MOST_BYTES} bytes`] };
    const { parseConfigFile } = await import('./parse-config-file.ts');
    return parseConfigFile(bytes.toString('utf8'), path);
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
