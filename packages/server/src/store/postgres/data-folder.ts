import { statSync } from 'node:fs';
import { createFolder } from '../folder-path.ts';
import { DataFolderNotUsableError } from '../open-errors.ts';
import { lockPath } from '../path-lock.ts';
import { moved } from '../unavailable.ts';

/** The data folder of a process whose store is elsewhere: secrets of the installation, and what engines and the local secrets backend keep. */
export interface HeldFolder {
  /** Whether the folder is still the one at its path. */
  isInPlace(): boolean;
  /** @throws {StoreUnavailableError} where {@link isInPlace} answers false. */
  requirePlace(): void;
  release(): Promise<void>;
}

function identityOf(folder: string): string | undefined {
  const found = statSync(folder, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}

/** Creates the folder (0700) as needed, and holds it, so that no second process on this machine uses it. @throws {DataFolderNotUsableError} */
export async function holdFolder(folder: string): Promise<HeldFolder> {
  const lock = await lockPath(folder);
  try {
    createFolder(folder);
  } catch (cause) {
    await lock.release();
    const { code } = cause as NodeJS.ErrnoException;
    throw new DataFolderNotUsableError(
      `The data folder "${folder}" cannot be made (${code}); let the user that runs the server own it, or choose another path`,
      { cause },
    );
  }
  const held = identityOf(folder);
  const isInPlace = () => identityOf(folder) === held;
  return {
    isInPlace,
    requirePlace() {
      if (!isInPlace()) throw moved('no');
    },
    release: () => lock.release(),
  };
}
