import { promises as fs } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { codeOf } from './error-code.ts';

/** The next content of a file, in a file of its own beside it (`PATH.PID-N.new`, mode 0600). */
export interface Draft {
  /**
   * Writes the text, waits for the disk (fsync(2)), and renames the draft over the file, which is the former or the new one after a crash.
   * A file with other permissions gets mode 0600; a symbolic link is replaced itself. Fails with the error of the file system: the file is
   * then as it was and the draft removed, unless the disk failed to confirm the rename itself.
   */
  replace(text: string): Promise<void>;
  /** The same for a file that does not exist yet: fails with `EEXIST` where it does. */
  create(text: string): Promise<void>;
  /** Removes the draft, if it is still there. */
  discard(): Promise<void>;
}

const DRAFT = /\.\d+-\d+\.new$/;
let count = 0;

/** Process id and count are unique on this machine; a draft of the same name that a crash left behind is not used again (O_EXCL, open(2)). */
async function openNew(path: string): Promise<{ readonly draft: string; readonly file: fs.FileHandle }> {
  for (;;) {
    count += 1;
    const draft = `${path}.${process.pid}-${count}.new`;
    try {
      return { draft, file: await fs.open(draft, 'wx', 0o600) };
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

/** Over `reservedBytes`, which are given back afterwards and not before. One write(2) may write less than it was given. */
async function write(file: fs.FileHandle, text: string, reservedBytes: number): Promise<void> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
  if (reservedBytes > bytes.length) await file.truncate(bytes.length);
  await file.sync();
}

/** What fsync(2) of a folder answers where the file system has no such thing. */
const CANNOT_SYNC_FOLDERS: readonly string[] = ['EINVAL', 'EPERM', 'EISDIR', 'EBADF', 'ENOTSUP'];

/** Waits until the disk has the names in the folder of `path`: a rename alone may be undone by a crash. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await fs.open(dirname(path), 'r').catch(() => undefined);
  try {
    await folder?.sync();
  } catch (error) {
    if (!CANNOT_SYNC_FOLDERS.includes(codeOf(error))) throw error;
  } finally {
    await folder?.close();
  }
}

/** link(2) fails where the name exists, which rename(2) does not. Where there are no hard links, a reader may see half of the text. */
async function linkOrWrite(draft: string, path: string, text: string): Promise<void> {
  try {
    await fs.link(draft, path);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(error))) throw error;
    await writeInPlace(path, text);
  }
}

async function writeInPlace(path: string, text: string): Promise<void> {
  try {
    await fs.writeFile(path, text, { flag: 'wx', mode: 0o600, flush: true });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') await fs.rm(path, { force: true });
    throw error;
  }
}

/**
 * Opens a draft of `path` that takes `reservedBytes` on the disk at once: text of that length can be written later although the disk is
 * full by then (not where the file system copies on write). Fails with the error of the file system (ENOSPC, EDQUOT, EROFS, …), and
 * then leaves nothing behind.
 */
export async function openDraft(path: string, reservedBytes = 0): Promise<Draft> {
  const { draft, file } = await openNew(path);
  const discard = async () => {
    await file.close().catch(() => undefined);
    await fs.rm(draft, { force: true });
  };
  const finish = async (text: string, publish: () => Promise<void>) => {
    try {
      await write(file, text, reservedBytes);
      // NOTE: Windows renames no open file.
      await file.close();
      await publish();
    } catch (error) {
      await discard();
      throw error;
    }
    await syncFolder(path);
  };
  try {
    if (reservedBytes > 0) await write(file, ' '.repeat(reservedBytes), 0);
  } catch (error) {
    await discard();
    throw error;
  }
  return {
    replace: (text) => finish(text, () => fs.rename(draft, path)),
    create: (text) => finish(text, () => linkOrWrite(draft, path, text).then(discard)),
    discard,
  };
}

/** Removes the drafts that a crash left in a folder. Only for a folder that no other process writes to. */
export async function removeDrafts(folder: string): Promise<void> {
  await removeNamed(folder, () => true);
}

/** Removes the drafts of one file that a crash left. Only for a file that no other process writes. */
export async function removeDraftsOf(path: string): Promise<void> {
  await removeNamed(dirname(path), (name) => name.replace(DRAFT, '') === basename(path));
}

async function removeNamed(folder: string, isMeant: (name: string) => boolean): Promise<void> {
  const names = await fs.readdir(folder);
  await Promise.all(names.filter((name) => DRAFT.test(name) && isMeant(name)).map((name) => fs.rm(join(folder, name), { force: true })));
}
