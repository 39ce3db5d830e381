import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/**
 * The transactions in the write-ahead log of a data folder, counted on disk: a frame that ends a transaction holds the database size in
 * its second word (https://www.sqlite.org/fileformat2.html#walformat). Good until the first checkpoint starts the log anew.
 */
export function countTransactions(folder: string): number {
  const log = readFileSync(join(folder, 'openkupe.db-wal'));
  const frameBytes = FRAME_HEADER_BYTES + log.readUInt32BE(8);
  let count = 0;
  for (let at = HEADER_BYTES; at + frameBytes <= log.length; at += frameBytes) if (log.readUInt32BE(at + 4) !== 0) count += 1;
  return count;
}
