import type { SettingReader } from './setting-reader.ts';
import { SETTINGS } from './settings.ts';

/** What a process does, of the processes on one database: `api` serves requests, `workers` works on what is due, `all` does both. */
export const ROLES = ['all', 'api', 'workers'] as const;
/** One of {@link ROLES}. */
export type ProcessRole = (typeof ROLES)[number];

/** Reads the role. One process has the store in the data folder, so it does everything; one without an API issues no key. */
export function readRole(read: SettingReader): ProcessRole {
  const role = read.oneOf('role', ROLES);
  const { variable } = SETTINGS.role;
  if (role !== 'all' && read.text('databaseUrl') === '')
    read.problems.push(`${variable}=${role} needs ${SETTINGS.databaseUrl.variable}: one process has the store in the data folder`);
  if (role === 'workers' && read.isGiven('writeEnv'))
    read.problems.push(`--write-env needs a process that serves the API, not ${variable}=workers`);
  return role;
}
