import { mkdtemp, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in memory, which Linux has: nothing waits for a disk there. */
const IN_MEMORY = '/dev/shm';
/** What has to be free in it, in bytes. Containers have 64 MiB by default, which many sandboxes could fill. */
const LEAST_FREE_BYTES = 512 * 2 ** 20;

async function hasRoom(path: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(path).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= LEAST_FREE_BYTES;
}

/** Makes a folder for the data of one sandbox, in memory where there is room. */
export async function makeTemporaryFolder(): Promise<string> {
  const parent = (await hasRoom(IN_MEMORY)) ? IN_MEMORY : tmpdir();
  return mkdtemp(join(parent, 'openkupe-sandbox-')).catch(() => mkdtemp(join(tmpdir(), 'openkupe-sandbox-')));
}
