import type { ResourceKey } from '../resource.ts';
import type { OpenDatabase } from './open.ts';
import type { Settled, WriteRequest } from './write-request.ts';

/** Where transactions run: in a thread of their own (`writer-thread.ts`), or in the thread that asks (`inline-writer.ts`). */
export interface Writer {
  /** Runs a group of requests in one transaction. One group at a time. Rejects only what cannot be posted, which is a defect. */
  write(group: readonly WriteRequest[]): Promise<readonly Settled[]>;
  /** Ends after the last group. */
  close(): Promise<void>;
}

/** A row that cannot be read. */
export type BrokenRow = ResourceKey | { readonly ledger: string; readonly entry: number };

/** Starts a writer on an open database. `onBroken` is called for rows that it finds unreadable, at the start or some time after it. */
export type StartWriter = (
  open: OpenDatabase,
  options: { readonly keptEvents: number; readonly onBroken: (rows: readonly BrokenRow[]) => void },
) => Writer;
