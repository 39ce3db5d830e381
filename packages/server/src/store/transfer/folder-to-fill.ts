import { existsSync } from 'node:fs';
import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '@openkupe/files/draft';
import { codeOf } from '@openkupe/files/error-code';
import { createFolder } from '../folder-path.ts';
import { lockPath } from '../path-lock.ts';
import { TransferError } from './portable-store.ts';

/**
 * Where a data folder is made before its parts are moved into place: within it, so that it may be a mount point. A restore that was killed leaves
 * it behind, and no control plane begins anew beside it.
 */
export const DRAFT = 'restore.part';
const NOTHING = [DRAFT, 'lost+found'];

/** A data folder that is empty, and that no control plane can be started on. */
export interface FolderToFill {
  /** A folder in it for the parts that are being made. */
  readonly draft: string;
  /** Moves these parts into place, in this order, as far as they are there. The last one completes the folder. */
  place(names: readonly string[]): Promise<void>;
  /** Leaves the folder as it was. Does nothing after {@link FolderToFill.place}. */
  discard(): Promise<void>;
}

async function requireEmpty(folder: string, ignored: readonly string[]): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOTDIR') throw new TransferError(`"${folder}" is a file; choose another folder`);
    throw error;
  });
  const found = names.find((name) => !NOTHING.includes(name) && !ignored.includes(name));
  if (found !== undefined) throw new TransferError(`The folder "${folder}" holds "${found}" already; choose a new or an empty one`);
}

/** Creates the folder as needed and holds its path. `ignored`: names of files that hold nothing. @throws {TransferError} {@link DataFolderInUseError} */
export async function openFolderToFill(folder: string, ignored: readonly string[]): Promise<FolderToFill> {
  const isNew = !existsSync(folder);
  const lock = await lockPath(folder);
  const draft = join(folder, DRAFT);
  let isPlaced = false;
  try {
    createFolder(folder);
    await requireEmpty(folder, ignored);
    await rm(draft, { recursive: true, force: true });
    createFolder(draft);
  } catch (error) {
    await lock.release();
    throw error;
  }
  const removeDraft = () => rm(draft, { recursive: true, force: true });
  return {
    draft,
    async place(names) {
      for (const name of names.filter((one) => existsSync(join(draft, one)))) await rename(join(draft, name), join(folder, name));
      await syncFolder(join(folder, DRAFT));
      isPlaced = true;
      await removeDraft();
      await lock.release();
    },
    async discard() {
      if (isPlaced) return;
      await removeDraft();
      // NOTE: a folder that is not empty by now holds what could be moved; why that is not all is what the caller throws.
      if (isNew) await rmdir(folder).catch(() => {});
      await lock.release();
    },
  };
}
