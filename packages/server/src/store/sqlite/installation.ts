import type { DatabaseSync } from 'node:sqlite';
import type { KnownTime } from '../store.ts';

/** What is known of the installation as a whole. What keeps runs inside the caller's transaction. */
export interface Installation {
  secretsCheck(): string | undefined;
  keepSecretsCheck(check: string): void;
  knownTime(): KnownTime | undefined;
  keepKnownTime(known: KnownTime): void;
}

export function prepareInstallation(database: DatabaseSync): Installation {
  const get = database.prepare('SELECT value FROM installation WHERE name = ?');
  const keep = database.prepare('REPLACE INTO installation VALUES (?, ?)');
  const read = (name: string) => (get.get(name) as { value: string } | undefined)?.value;
  return {
    knownTime() {
      const value = read('known-time');
      return value === undefined ? undefined : (JSON.parse(value) as KnownTime);
    },
    keepKnownTime: (known) => void keep.run('known-time', JSON.stringify(known)),
    secretsCheck: () => read('secrets-check'),
    keepSecretsCheck: (check) => void keep.run('secrets-check', check),
  };
}
