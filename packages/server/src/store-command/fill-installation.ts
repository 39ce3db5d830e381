import { join } from 'node:path';
import type { Random } from '@openkupe/contract';
import { replaceFile } from '@openkupe/files/replace-file';
import { formatSecrets, type Secrets } from '../config/secrets.ts';
import { writeSealedFile } from '../store/transfer/data-folder-files.ts';
import { openFolderToFill } from '../store/transfer/folder-to-fill.ts';
import { fillStore, type Part, type RowDigest, verifyFilled } from '../store/transfer/parts.ts';
import type { Sequences } from '../store/transfer/portable-store.ts';
import { withRowsAsFiles } from '../store/transfer/rows-as-files.ts';
import { LOCK_FILE, openToFill, partsOfFolder, type StorePlace } from './compose.ts';

/** An installation that is to be made: a store, and a data folder with the secrets. */
export interface NewInstallation {
  readonly place: StorePlace;
  readonly dataFolder: string;
  readonly secrets: Secrets;
  readonly sequences: Sequences;
  readonly parts: AsyncIterable<Part>;
  readonly isVerified: boolean;
  readonly random: Random;
}

/**
 * Fills an empty store and an empty data folder. Nothing is in place before all of it was read and, where asked for, compared: the database is
 * committed, or the file of SQLite moved into the folder last. Returns the rows that were inserted, and how many files there were.
 */
export async function fillInstallation(given: NewInstallation): Promise<RowDigest & { readonly files: number }> {
  const { place, dataFolder, secrets, sequences, parts, isVerified, random } = given;
  const key = secrets.answerKey;
  const folder = await openFolderToFill(dataFolder, [LOCK_FILE]);
  try {
    const target = await openToFill(place, folder.draft);
    let files = 0;
    try {
      const kept = place.kind === 'folder' ? withRowsAsFiles(parts, key, random) : parts;
      const filled = await fillStore(target, kept, async (file) => {
        await writeSealedFile(folder.draft, file, key);
        files += 1;
      });
      if (isVerified) await verifyFilled(target, filled);
      await replaceFile(join(folder.draft, 'secrets.json'), formatSecrets(secrets));
      await target.finish(sequences);
      await folder.place(partsOfFolder(folder.draft));
      return { ...filled, files };
    } catch (error) {
      await target.abandon();
      throw error;
    }
  } finally {
    await folder.discard();
  }
}
