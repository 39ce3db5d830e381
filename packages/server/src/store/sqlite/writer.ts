import type { ResourceKey } from '../resource.ts';
import type { Writer } from '../write-queue.ts';
import type { OpenDatabase } from './open.ts';

/** A row that cannot be read. */
export type BrokenRow = ResourceKey | { readonly ledger: string; readonly entry: number };

/** Starts a writer on an open database. `onBroken` is called for rows that it finds unreadable, at the start or some time after it. */
export type StartWriter = (
  open: OpenDatabase,
  options: { readonly keptEvents: number; readonly onBroken: (rows: readonly BrokenRow[]) => void },
) => Writer;
