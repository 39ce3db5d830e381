import { rename, rm, writeFile } from 'node:fs/promises';
import { StoreUnavailableError } from './store.ts';

/**
 * Replaces a file beside the database as a whole, readable by the owner alone: after a crash the old or the new one is there.
 *
 * @throws {StoreUnavailableError} where the disk is full, or the quota (write(2): ENOSPC, EDQUOT); nothing was changed.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.tmp`;
  try {
    await writeFile(draft, text, { mode: 0o600, flush: true });
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {});
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw cause;
    throw new StoreUnavailableError('The disk of the store is full; nothing was changed, make room and retry', { failure: 'full', cause });
  }
}
