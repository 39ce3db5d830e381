import { join } from 'node:path';
import type { Environment } from '../io.ts';

/** The folder of what the CLI keeps: KUPE_CONFIG, else `openkupe` in XDG_CONFIG_HOME, else in ~/.config (XDG Base Directory 0.8). */
export function configFolder(env: Environment, homeFolder: string): string {
  if (env.KUPE_CONFIG) return env.KUPE_CONFIG;
  // NOTE: the standard says that a relative path is to be ignored.
  const base = env.XDG_CONFIG_HOME?.startsWith('/') ? env.XDG_CONFIG_HOME : join(homeFolder, '.config');
  return join(base, 'openkupe');
}
