import type { DatabaseSync } from 'node:sqlite';
import { BrokenDataError, type DamageReport } from '../broken-data.ts';
import type { KnownTime } from '../store.ts';
import { decodeObject } from './codec.ts';
import type { WriteRequest } from './write-request.ts';

/** What is known of the installation as a whole. What is to be kept is a request to the writer. */
export interface Installation {
  secretsCheck(): string | undefined;
  keepSecretsCheck(check: string): KeepRequest;
  /** `undefined` also where it cannot be read, which is noted: the time begins anew with the wall clock, and is written down again. */
  knownTime(): KnownTime | undefined;
  keepKnownTime(known: KnownTime): KeepRequest;
}

type KeepRequest = Extract<WriteRequest, { verb: 'keep-installation' }>;

const KNOWN_TIME = 'installation row "known-time"';

/** Prepares the reads; what cannot be read is noted in `damage`. */
export function prepareInstallation(database: DatabaseSync, damage: DamageReport): Installation {
  const get = database.prepare('SELECT value FROM installation WHERE name = ?');
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
    keepKnownTime: (known) => ({ verb: 'keep-installation', name: 'known-time', value: JSON.stringify(known) }),
    secretsCheck: () => read('secrets-check'),
    keepSecretsCheck: (check) => ({ verb: 'keep-installation', name: 'secrets-check', value: check }),
  };
}
