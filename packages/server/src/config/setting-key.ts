import { PREFIX, SETTINGS, type Setting, type SettingName } from './settings.ts';

/** Every setting with its name, in the order of the table. */
export const SETTING_ENTRIES = Object.entries(SETTINGS) as readonly (readonly [SettingName, Setting])[];

/** The key of a setting in the configuration file: its variable without the prefix, in small letters with hyphens. */
export const keyOf = ({ variable }: Setting): string => variable.slice(PREFIX.length).toLowerCase().replaceAll('_', '-');

/** The setting that names the file, which the file itself cannot hold. */
export const CONFIG_SETTING: SettingName = 'config';

/** What the configuration file may hold, by key. */
export const SETTINGS_BY_KEY: ReadonlyMap<string, SettingName> = new Map(
  SETTING_ENTRIES.filter(([name]) => name !== CONFIG_SETTING).map(([name, setting]) => [keyOf(setting), name]),
);
