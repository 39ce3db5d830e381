import type { DatabaseSync } from 'node:sqlite';
import { BrokenDataError, type DamageReport, isReadable } from '../broken-data.ts';
import { decodeKnownTime } from '../known-time.ts';
import type { KnownTime } from '../store.ts';

/** What is known of the installation as a whole. */
export interface Installation {
  secretsCheck(): string | undefined;
  /** `undefined` also where it cannot be read, which is noted: the time begins anew with the wall clock, and is written down again. */
  knownTime(): KnownTime | undefined;
}

/** Prepares the reads; what cannot be read is noted in `damage`. */
export function prepareInstallation(database: DatabaseSync, damage: DamageReport): Installation {
  const get = database.prepare('SELECT value FROM installation WHERE name = ?');
  const read = (name: string) => (get.get(name) as { value: string } | undefined)?.value;

  const readKnownTime = () => {
    const value = read('known-time');
    return value === undefined ? undefined : decodeKnownTime(value);
  };

  return {
    knownTime() {
      try {
        return readKnownTime();
      } catch (error) {
        if (!(error instanceof BrokenDataError)) throw error;
        damage.note(error, () => !isReadable(undefined, readKnownTime));
        return undefined;
      }
    },
    secretsCheck: () => read('secrets-check'),
  };
}
