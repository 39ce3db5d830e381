import { basename } from 'node:path';
import { type DatabaseSettings, loadDatabaseAddress } from '../config/database.ts';
import { databaseFilesIn, databaseNameIn } from '../store/sqlite/database-files.ts';
import { openToFill as openFolderDatabase } from '../store/sqlite/fill.ts';
import { openSnapshot as openFolderSnapshot } from '../store/sqlite/snapshot.ts';
import type { StoreSnapshot, StoreToFill } from '../store/transfer/portable-store.ts';

/** Where a store is: a database in the data folder, or one of PostgreSQL. */
export type StorePlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'database'; readonly settings: DatabaseSettings };

/** Reads the store as it is now. */
export async function openSnapshot(place: StorePlace): Promise<StoreSnapshot> {
  if (place.kind === 'folder') return openFolderSnapshot(place.folder);
  const { openSnapshot: open } = await import('../store/postgres/snapshot.ts');
  return open(await loadDatabaseAddress(place.settings));
}

/** Opens an empty store: the database, or a new one in the folder `draft`. */
export async function openToFill(place: StorePlace, draft: string | undefined): Promise<StoreToFill> {
  if (place.kind === 'folder') return openFolderDatabase(draft ?? place.folder);
  const { openToFill: open } = await import('../store/postgres/fill.ts');
  return open(await loadDatabaseAddress(place.settings));
}

/** The name of the file that a control plane leaves in a data folder, also where it refused to start. */
export const LOCK_FILE = basename(databaseFilesIn('').lock);

/** The parts of a data folder that was made in `draft`, in the order in which they can be moved: with the last one it can be started on. */
export function partsOfFolder(draft: string): string[] {
  return ['sandbox', 'secret-values', 'secrets.json', databaseNameIn(draft) ?? []].flat();
}
