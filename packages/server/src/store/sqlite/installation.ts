import type { DatabaseSync } from 'node:sqlite';

/** What is known of the installation as a whole. `keepSecretsCheck` runs inside the caller's transaction. */
export interface Installation {
  secretsCheck(): string | undefined;
  keepSecretsCheck(check: string): void;
}

export function prepareInstallation(database: DatabaseSync): Installation {
  const get = database.prepare('SELECT value FROM installation WHERE name = ?');
  const keep = database.prepare('REPLACE INTO installation VALUES (?, ?)');
  return {
    secretsCheck: () => (get.get('secrets-check') as { value: string } | undefined)?.value,
    keepSecretsCheck: (check) => void keep.run('secrets-check', check),
  };
}
