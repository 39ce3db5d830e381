import { promises as fs } from 'node:fs';
import { dirname } from 'node:path';
import { type Random, systemRandom } from '@openkupe/contract/random';

/** The next content of a file, written beside it; the file itself changes in one step or not at all. */
export interface Draft {
  /** Writes the text, waits until the disk has it, and puts it in place of the file. What fails leaves the file as it was. */
  replace(text: string): Promise<void>;
  /** Removes the draft, if it is still there. */
  discard(): Promise<void>;
}

/** Waits until the disk has the new name, too; some file systems cannot do that for a folder, and need not. */
async function syncFolder(path: string): Promise<void> {
  const folder = await fs.open(dirname(path), 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

/**
 * Opens a draft of `path`, readable by its owner only, with room for `roomBytes` on the disk already: text of that length can be written
 * later although the disk is full by then (not where the file system copies on write). Fails with the error of the file system
 * (ENOSPC, EDQUOT, EROFS, …), and then leaves nothing behind.
 */
export async function openDraft(path: string, roomBytes = 0, random: Random = systemRandom): Promise<Draft> {
  const draftPath = `${path}.${Buffer.from(random.bytes(6)).toString('hex')}.new`;
  const file = await fs.open(draftPath, 'wx', 0o600);
  let isOpen = true;
  const discard = async () => {
    if (isOpen) await file.close().catch(() => undefined);
    isOpen = false;
    await fs.rm(draftPath, { force: true });
  };
  try {
    if (roomBytes > 0) {
      await file.writeFile(Buffer.alloc(roomBytes, ' '));
      await file.sync();
    }
  } catch (error) {
    await discard();
    throw error;
  }
  return {
    async replace(text) {
      try {
        const bytes = Buffer.from(text);
        // NOTE: over the reserved blocks, which are given back afterwards and not before.
        for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
        await file.truncate(bytes.length);
        await file.sync();
        await file.close();
        isOpen = false;
        await fs.rename(draftPath, path);
      } catch (error) {
        await discard();
        throw error;
      }
      await syncFolder(path);
    },
    discard,
  };
}

/** Replaces a file in one step by a new one with that text, readable by its owner only. Fails with the error of the file system. */
export async function replaceFile(path: string, text: string, random: Random = systemRandom): Promise<void> {
  const draft = await openDraft(path, 0, random);
  await draft.replace(text);
}

/** The code of an error of the file system, like ENOSPC. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
