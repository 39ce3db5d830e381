import { type Config, readConfig } from './config.ts';
import { readConfigFile } from './config-file.ts';
import { type GivenSettings, readGiven } from './given-settings.ts';

/** The settings of a start or of a reload: what they mean, and what gave each. */
export interface ReadSettings {
  readonly config: Config;
  readonly given: GivenSettings;
}

/** Reads flags, environment and the configuration file. @throws {ConfigError} with everything that is wrong. */
export async function readSettings(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): Promise<ReadSettings> {
  const file = await readConfigFile(argv, env, folder);
  return { config: readConfig(argv, env, folder, file), given: readGiven(argv, env, file, []) };
}
