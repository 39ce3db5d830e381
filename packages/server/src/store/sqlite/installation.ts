import type { DatabaseSync } from 'node:sqlite';
import { BrokenDataError, type DamageReport } from '../broken-data.ts';
import type { KnownTime } from '../store.ts';
import { decodeObject } from './codec.ts';

/** What is known of the installation as a whole. What keeps runs inside the caller's transaction. */
export interface Installation {
  secretsCheck(): string | undefined;
  keepSecretsCheck(check: string): void;
  /** `undefined` also where it cannot be read, which is noted: the time begins anew with the wall clock, and is written down again. */
  knownTime(): KnownTime | undefined;
  keepKnownTime(known: KnownTime): void;
}

const KNOWN_TIME = 'installation row "known-time"';

export function prepareInstallation(database: DatabaseSync, damage: DamageReport): Installation {
  const get = database.prepare('SELECT value FROM installation WHERE name = ?');
  const keep = database.prepare('REPLACE INTO installation VALUES (?, ?)');
  const read = (name: string) => (get.get(name) as { value: string } | undefined)?.value;

  /** @throws {BrokenDataError} */
  function readKnownTime(): KnownTime | undefined {
    const value = read('known-time');
    if (value === undefined) return undefined;
    const known = decodeObject<KnownTime>(value, KNOWN_TIME, 'value');
    if (Number.isFinite(known.knownMs) && Number.isFinite(known.certainMs)) return known;
    throw new BrokenDataError(KNOWN_TIME, 'it holds no time');
  }
  function isKnownTimeBroken(): boolean {
    try {
      readKnownTime();
      return false;
    } catch {
      return true;
    }
  }

  return {
    knownTime() {
      try {
        return readKnownTime();
      } catch (error) {
        if (!(error instanceof BrokenDataError)) throw error;
        damage.note(error, isKnownTimeBroken);
        return undefined;
      }
    },
    keepKnownTime: (known) => void keep.run('known-time', JSON.stringify(known)),
    secretsCheck: () => read('secrets-check'),
    keepSecretsCheck: (check) => void keep.run('secrets-check', check),
  };
}
