import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { canonicalPath, mountNamespace } from './folder-path.ts';
import { DataFolderInUseError } from './open-errors.ts';

/** A lock on the path of a folder. It outlives the folder, and ends with the process. */
export interface PathLock {
  release(): Promise<void>;
}

const NOT_LOCKED: PathLock = { release: async () => {} };

/**
 * Takes the path of a data folder, so that no second control plane makes a new folder there while the first still runs on the one that was
 * removed, whose lock file went with it. It is a socket in Linux's abstract namespace (unix(7)), which the kernel frees with the process.
 * Where there are none, and between containers, nothing is locked: the first then still refuses to write.
 *
 * @throws {DataFolderInUseError}
 */
export async function lockPath(folder: string): Promise<PathLock> {
  if (process.platform !== 'linux') return NOT_LOCKED;
  const name = createHash('sha256')
    .update(`${mountNamespace()} ${canonicalPath(folder)}`)
    .digest('hex');
  const server = createServer((socket) => socket.destroy());
  const outcome = await new Promise<string>((resolve) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'error'));
    server.listen(`\0openkupe-${name}`, () => resolve('locked'));
  });
  if (outcome === 'EADDRINUSE') throw new DataFolderInUseError(inUseSentence(folder));
  if (outcome !== 'locked') return NOT_LOCKED;
  server.unref();
  return { release: () => new Promise((resolve) => void server.close(() => resolve())) };
}

/** Whether a control plane runs on the folder. False where nothing can be locked. */
export async function isInUse(folder: string): Promise<boolean> {
  try {
    await (await lockPath(folder)).release();
    return false;
  } catch (error) {
    if (error instanceof DataFolderInUseError) return true;
    throw error;
  }
}

/** The sentence of a {@link DataFolderInUseError}. */
export function inUseSentence(folder: string): string {
  return `Another control plane uses the data folder "${folder}"; stop it first, or choose another folder`;
}
