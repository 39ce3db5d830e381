import type { DatabaseSync } from 'node:sqlite';
import { BrokenDataError, type DamageReport, isReadable } from '../broken-data.ts';
import { decodeKnownTime } from '../known-time.ts';
import type { KnownTime } from '../store.ts';
import type { WriteRequest } from '../write-request.ts';

/** What is known of the installation as a whole. What is to be kept is a request to the writer. */
export interface Installation {
  secretsCheck(): string | undefined;
  keepSecretsCheck(check: string): KeepRequest;
  /** `undefined` also where it cannot be read, which is noted: the time begins anew with the wall clock, and is written down again. */
  knownTime(): KnownTime | undefined;
  keepKnownTime(known: KnownTime): KeepRequest;
}

type KeepRequest = Extract<WriteRequest, { verb: 'keep-installation' }>;

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
    keepKnownTime: (known) => ({ verb: 'keep-installation', name: 'known-time', value: JSON.stringify(known) }),
    secretsCheck: () => read('secrets-check'),
    keepSecretsCheck: (check) => ({ verb: 'keep-installation', name: 'secrets-check', value: check }),
  };
}
