import { createHash } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { syncFolder } from '@openkupe/files/draft';
import { codeOf } from '@openkupe/files/error-code';
import { type BackupContents, type BackupHeader, type BackupTrailer, linesOf, macOf } from './backup-format.ts';
import type { Part } from './parts.ts';
import { TransferError } from './portable-store.ts';

/** Lines are joined up to this length before they are hashed and compressed: little memory, few calls. */
const CHUNK_CHARACTERS = 64 * 1024;

/** Counts what passes. */
function createCounts() {
  const rows: Record<string, number> = {};
  let files = 0;
  let table = '';
  return {
    add(part: Part): void {
      if (part.kind === 'table') table = part.table.name;
      if (part.kind === 'file') files += 1;
      else rows[table] = (rows[table] ?? 0) + (part.kind === 'rows' ? part.rows.length : 0);
    },
    contents: (): BackupContents => ({ rows, files }),
  };
}

async function* chunksOf(
  header: BackupHeader,
  parts: AsyncIterable<Part>,
  counts: ReturnType<typeof createCounts>,
  key: Uint8Array,
): AsyncGenerator<string> {
  const hash = createHash('sha256');
  let chunk = `${JSON.stringify(header)}\n`;
  for await (const part of parts) {
    counts.add(part);
    for (const line of linesOf(part)) chunk += `${line}\n`;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    hash.update(chunk);
    yield chunk;
    chunk = '';
  }
  hash.update(chunk);
  const sha256 = hash.digest('hex');
  const trailer: BackupTrailer = { end: { ...counts.contents(), sha256, mac: macOf(sha256, key) } };
  yield `${chunk}${JSON.stringify(trailer)}\n`;
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    (error: unknown) => codeOf(error) !== 'ENOENT',
  );

function explained(error: unknown, path: string, draft: string): unknown {
  const code = codeOf(error);
  if (code === 'EEXIST')
    return new TransferError(`"${draft}" exists, as a backup that is being written or was killed leaves it; remove it`);
  if (['ENOSPC', 'EDQUOT'].includes(code))
    return new TransferError(`The disk of "${path}" is full; make room, or write the backup elsewhere`);
  if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'EIO'].includes(code) && (error as NodeJS.ErrnoException).syscall !== undefined)
    return new TransferError(`The backup "${path}" cannot be written (${code}); make its folder, or write it elsewhere`);
  return error;
}

/**
 * Writes a backup that only its owner can read, and waits for the disk. `key`: the answer key of the installation. The file has its name when it is whole; what fails leaves none.
 *
 * @throws {TransferError} where the file exists, or cannot be written.
 */
export async function writeBackup(
  path: string,
  header: BackupHeader,
  parts: AsyncIterable<Part>,
  key: Uint8Array,
): Promise<BackupContents & { readonly bytes: number }> {
  const draft = `${path}.${process.pid}.part`;
  const refuseExisting = async () => {
    if (await exists(path)) throw new TransferError(`"${path}" exists; choose another name, or remove it`);
  };
  const openDraft = async () => {
    await refuseExisting();
    return open(draft, 'wx', 0o600);
  };
  const counts = createCounts();
  const file = await openDraft().catch((error: unknown) => {
    throw explained(error, path, draft);
  });
  try {
    await pipeline(chunksOf(header, parts, counts, key), createGzip(), file.createWriteStream({ flush: true }));
    const { size: bytes } = await stat(draft);
    await refuseExisting();
    await rename(draft, path);
    await syncFolder(path);
    return { ...counts.contents(), bytes };
  } catch (error) {
    await rm(draft, { force: true });
    throw explained(error, path, draft);
  }
}
