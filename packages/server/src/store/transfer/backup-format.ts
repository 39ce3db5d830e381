import { createHmac } from 'node:crypto';
import type { Part } from './parts.ts';
import { type Row, type Sequences, type StoreSnapshot, TransferError } from './portable-store.ts';

/**
 * A backup is gzip of JSON lines: the header, then tables, rows and files, then the trailer, whose SHA-256 is that of every line before it. A row
 * is a JSON array, everything else an object.
 */
export const FORMAT = 1;

/** The first line. */
export interface BackupHeader {
  readonly openkupeBackup: number;
  readonly createdAt: string;
  readonly kind: StoreSnapshot['kind'];
  readonly sequences: Sequences;
  /** What the store recognises the secrets by, which are not revealed by it. */
  readonly secretsCheck: string;
  /** The secrets of the installation under a passphrase; `null` where they are not in the backup. */
  readonly secrets: SealedSecrets | null;
}

/** A text under a key that scrypt makes of a passphrase and this salt. */
export interface SealedSecrets {
  readonly salt: string;
  readonly sealed: string;
}

/** The last line. */
export interface BackupTrailer {
  readonly end: BackupContents & { readonly sha256: string; readonly mac: string };
}

/** What only the secrets of the installation make of the SHA-256 of a backup: its rows decide who may do what. `key`: the answer key. */
export function macOf(sha256: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(`openkupe backup: ${sha256}`).digest('hex');
}

/** How many rows of each table, and how many files, are in a backup. */
export interface BackupContents {
  readonly rows: Readonly<Record<string, number>>;
  readonly files: number;
}

/** A part as the lines that hold it. */
export function linesOf(part: Part): string[] {
  if (part.kind === 'rows') return part.rows.map((row) => JSON.stringify(row));
  return [JSON.stringify(part.kind === 'table' ? { table: part.table } : { file: part.file })];
}

/** What a backup says that was cut off or changed. `problem`: what was found. */
export function altered(problem: string): TransferError {
  return new TransferError(`The backup is cut off or was altered (${problem}); use another copy of it`);
}

/** The JSON of a line. @throws {TransferError} */
export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw altered('a line is not JSON');
  }
}

/** The header in the first line. @throws {TransferError} where it is none, or that of a newer release. */
export function parseHeader(line: string): BackupHeader {
  const header = isObject(parseLine(line)) ? (JSON.parse(line) as Partial<BackupHeader>) : {};
  const { openkupeBackup: format, sequences, secretsCheck, secrets } = header;
  if (typeof format !== 'number') throw new TransferError('This is no backup of openkupe; name a file that `openkupe store backup` wrote');
  if (format > FORMAT)
    throw new TransferError(
      `The backup has format ${format}, this release knows up to ${FORMAT}; use the release that made it, or a newer one`,
    );
  const areSequences =
    isObject(sequences) && Number.isSafeInteger(sequences.revision) && Object.values(sequences).every(Number.isSafeInteger);
  const areSecrets = secrets === null || (isObject(secrets) && typeof secrets.salt === 'string' && typeof secrets.sealed === 'string');
  if (!areSequences || !areSecrets || typeof secretsCheck !== 'string') throw altered('its header is not complete');
  return header as BackupHeader;
}

/** A line between header and trailer. @throws {TransferError} */
export function parsePart(value: unknown): Part {
  if (Array.isArray(value) && value.every(isCell)) return { kind: 'rows', rows: [value as Row] };
  const { table, file } = (isObject(value) ? value : {}) as { table?: unknown; file?: unknown };
  if (isObject(table) && typeof table.name === 'string' && Array.isArray(table.columns))
    return { kind: 'table', table: { name: table.name, columns: table.columns.map(String) } };
  if (isObject(file) && typeof file.path === 'string' && typeof file.sealed === 'string')
    return { kind: 'file', file: { path: file.path, sealed: file.sealed } };
  throw altered('a line is neither a row nor a table nor a file');
}

/** Whether a value is an object that is no array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isCell = (value: unknown) => value === null || typeof value === 'string' || Number.isSafeInteger(value);
