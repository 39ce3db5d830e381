import { type Config, ConfigError } from '../config/config.ts';
import type { ReadSettings } from '../config/read-settings.ts';
import { keyOf } from '../config/setting-key.ts';
import { RELOADED, SETTINGS, type SettingName } from '../config/settings.ts';
import type { Log } from '../log/log.ts';

/** What a reload needs. */
export interface ReloadPorts {
  /** Reads the settings again. @throws {ConfigError} */
  readonly read: () => Promise<ReadSettings>;
  /** Takes on what can change while the server runs. */
  readonly apply: (config: Config) => void;
  readonly log: Log;
}

const NAMES = Object.keys(SETTINGS) as SettingName[];

/** Reads the settings again at every call, and takes on the marked ones; the log says what changed, what needs a restart, and what is wrong. */
export function createReload(started: ReadSettings, { read, apply, log }: ReloadPorts): () => Promise<void> {
  let { given } = started;
  return async () => {
    let next: ReadSettings;
    try {
      next = await read();
    } catch (error) {
      const problems = error instanceof ConfigError ? error.problems : [String(error)];
      return log.error({ problems }, 'the settings are wrong, and none was changed');
    }
    const changed = NAMES.filter((name) => next.given.get(name)?.text !== given.get(name)?.text);
    const keys = (names: readonly SettingName[]) => names.map((name) => keyOf(SETTINGS[name]));
    const later = changed.filter((name) => !RELOADED.has(name));
    apply(next.config);
    given = new Map([...next.given].filter(([name]) => RELOADED.has(name)).concat([...given].filter(([name]) => !RELOADED.has(name))));
    log.info({ settings: keys(changed.filter((name) => RELOADED.has(name))) }, 'the settings were read again');
    if (later.length > 0) log.warn({ settings: keys(later) }, 'these settings have changed and need a restart');
  };
}
