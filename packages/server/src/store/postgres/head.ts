import { type Runner, run, type Statement } from './statement.ts';

/** The one row that orders everything written: the last numbers given out, and how far the store's clock has come. */
export interface Head {
  revision: number;
  fence: number;
  /** The last id of an event. */
  event: number;
  /** Milliseconds by which work is due. */
  clock: number;
}

const LOCK: Statement = { name: 'head-lock', text: 'SELECT revision, fence, event, clock FROM head FOR UPDATE' };
const KEEP: Statement = { name: 'head-keep', text: 'UPDATE head SET revision = $1, fence = $2, event = $3, clock = $4' };
const REVISION: Statement = { name: 'head-revision', text: 'SELECT revision FROM head' };
const CLOCK: Statement = { name: 'head-clock', text: 'SELECT clock FROM head' };

/** Locks the row until the transaction ends: from here on it sees everything that others have committed, and no other writes. */
export async function lockHead(on: Runner): Promise<Head> {
  const [head] = await run<Head & Record<string, unknown>>(on, LOCK);
  if (!head) throw new Error('The table "head" of the database is empty; restore it from a backup');
  return { ...head };
}

/** Writes the row back, with the numbers that were given out under its lock. */
export async function keepHead(on: Runner, { revision, fence, event, clock }: Head): Promise<void> {
  await run(on, KEEP, revision, fence, event, clock);
}

/** How far the store's clock had come when something was last written. */
export async function readClock(on: Runner): Promise<number> {
  const [row] = await run<{ clock: number }>(on, CLOCK);
  return row?.clock ?? 0;
}

/** The revision of the last change. */
export async function readNewestRevision(on: Runner): Promise<number> {
  const [row] = await run<{ revision: number }>(on, REVISION);
  return row?.revision ?? 0;
}
