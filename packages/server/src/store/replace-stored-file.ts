import { codeOf } from '@openkupe/files/error-code';
import { replaceFile } from '@openkupe/files/replace-file';
import { StoreUnavailableError } from './store.ts';

/**
 * Replaces a file beside the database as a whole, readable by the owner alone: after a crash the old or the new one is there.
 *
 * @throws {StoreUnavailableError} where the disk is full, or the quota (write(2): ENOSPC, EDQUOT); nothing was changed.
 */
export async function replaceStoredFile(path: string, text: string): Promise<void> {
  try {
    await replaceFile(path, text);
  } catch (cause) {
    if (!['ENOSPC', 'EDQUOT'].includes(codeOf(cause))) throw cause;
    throw new StoreUnavailableError('The disk of the store is full; nothing was changed, make room and retry', { failure: 'full', cause });
  }
}
