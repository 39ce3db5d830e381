import type { DiskUsage } from '../store.ts';
import { readRecordBytes } from './idempotency-records.ts';
import { type Runner, run, type Statement } from './statement.ts';

const SIZE: Statement = { name: 'database-size', text: 'SELECT pg_database_size(current_database()) AS bytes' };

/** The size of the database. Its free space and its log belong to the PostgreSQL server, which reports them to its own operator. */
export async function readDiskUsage(on: Runner): Promise<DiskUsage> {
  const [row] = await run<{ bytes: number }>(on, SIZE);
  return { database: row?.bytes ?? 0, idempotencyRecords: await readRecordBytes(on) };
}
