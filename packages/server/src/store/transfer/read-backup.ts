import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { codeOf } from '@openkupe/files/error-code';
import { altered, type BackupHeader, type BackupTrailer, isObject, macOf, parseHeader, parseLine, parsePart } from './backup-format.ts';
import type { Part } from './parts.ts';
import { BATCH_ROWS, type Row, TransferError } from './portable-store.ts';

/** A backup whose header was read. */
export interface OpenBackup {
  readonly header: BackupHeader;
  /** Everything else, once. Ends only where the trailer proves that all of it is as the owner of `key`, the answer key, has written it. */
  parts(key: Uint8Array): AsyncIterable<Part>;
  close(): Promise<void>;
}

/** Longest line that is read, in characters: many times the largest row, and little memory for what a few kilobytes decompress to. */
const LONGEST_LINE = 32 * 1024 * 1024;

async function* readLines(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let begun: string[] = [];
  let length = 0;
  // NOTE: what fails destroys the last stream with the error, which the loop throws.
  const chunks = pipeline(createReadStream(path), createGunzip(), () => {}) as AsyncIterable<Buffer>;
  for await (const chunk of chunks) {
    const [text = '', ...lines] = decoder.decode(chunk, { stream: true }).split('\n');
    begun.push(text);
    length += text.length;
    if (length > LONGEST_LINE) throw altered('a line is too long');
    const last = lines.pop();
    if (last === undefined) continue;
    yield begun.join('');
    yield* lines;
    begun = [last];
    length = last.length;
  }
  if (length > 0) throw altered('its last line does not end');
}

function explained(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (error instanceof TransferError) return error;
  if (code === 'Z_DATA_ERROR' && /header/.test(String(error)))
    return new TransferError(`"${path}" is no backup of openkupe; name a file that \`openkupe store backup\` wrote`);
  if (code.startsWith('Z_')) return altered(code === 'Z_BUF_ERROR' ? 'it ends in the middle' : 'it cannot be decompressed');
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return altered('it is not UTF-8');
  if ((error as NodeJS.ErrnoException).syscall !== undefined)
    return new TransferError(`The backup "${path}" cannot be read (${code}); name a file that is there, and that you can read`);
  return error;
}

const trailerIn = (value: unknown) => (isObject(value) && isObject(value.end) ? (value as unknown as BackupTrailer).end : undefined);

const isProven = ({ sha256, mac }: BackupTrailer['end'], found: string, key: Uint8Array) => sha256 === found && mac === macOf(found, key);

/** Rows are handed on some at a time; the hash is that of what was read before. */
async function* partsIn(lines: AsyncGenerator<string>, hash: Hash, key: Uint8Array): AsyncGenerator<Part> {
  let rows: Row[] = [];
  for await (const line of lines) {
    const value = parseLine(line);
    const end = trailerIn(value);
    const part = end ? undefined : parsePart(value);
    if (part?.kind === 'rows') rows.push(...part.rows);
    if (rows.length > 0 && (part?.kind !== 'rows' || rows.length >= BATCH_ROWS)) {
      yield { kind: 'rows', rows };
      rows = [];
    }
    if (part && part.kind !== 'rows') yield part;
    if (!end) hash.update(`${line}\n`);
    else if (!isProven(end, hash.digest('hex'), key)) throw altered('its checksum does not match');
    else if (!(await lines.next()).done) throw altered('something follows its end');
    else return;
  }
  throw altered('its end is missing');
}

async function* explaining<T>(from: AsyncIterable<T>, path: string): AsyncGenerator<T> {
  try {
    yield* from;
  } catch (error) {
    throw explained(error, path);
  }
}

/** Opens a backup, and reads its header. @throws {TransferError} where there is none, or it cannot be used. */
export async function openBackup(path: string): Promise<OpenBackup> {
  const lines = explaining(readLines(path), path);
  const first = await lines.next();
  const header = parseHeader(first.value ?? '');
  const hash = createHash('sha256').update(`${first.value}\n`);
  return { header, parts: (key) => partsIn(lines, hash, key), close: async () => void (await lines.return(undefined)) };
}
