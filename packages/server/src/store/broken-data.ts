import type { Log } from '../log/log.ts';

/** Something stored that cannot be read. What needs it fails, the pipeline answers 500; everything else goes on. */
export class BrokenDataError extends Error {
  override readonly name = 'BrokenDataError';
  /** What it is, for an operator, e.g. `cluster "acme/web"`. Never what it holds. */
  readonly what: string;

  constructor(what: string, problem: string, cause?: unknown) {
    super(`Cannot read the ${what}: ${problem}; correct it, restore it from a backup, or remove it`, { cause });
    this.what = what;
  }
}

/** What was found that cannot be read, for the log and the readiness check. */
export interface DamageReport {
  /** Remembers and logs it, once. `isStillBroken` is asked whenever the report is read; what was repaired leaves the report. */
  note(error: BrokenDataError, isStillBroken?: () => boolean): void;
  /** The name of each, at most 100. */
  list(): string[];
}

const MOST_NAMED = 100;

/** Makes an empty report that logs each finding once. */
export function createDamageReport(log: Pick<Log, 'error'>): DamageReport {
  const found = new Map<string, () => boolean>();
  return {
    note(error, isStillBroken = () => true) {
      if (found.has(error.what) || found.size >= MOST_NAMED) return;
      found.set(error.what, isStillBroken);
      log.error({ what: error.what, err: error }, 'something stored cannot be read; only what needs it is affected');
    },
    list() {
      for (const [what, isStillBroken] of found) if (!isStillBroken()) found.delete(what);
      return [...found.keys()];
    },
  };
}

/** What `decode` makes of a row. What cannot be read is handed to `note`, too. @throws {BrokenDataError} */
export function decodeOrNote<Row, Decoded>(
  row: Row,
  decode: (row: Row) => Decoded,
  note: (error: BrokenDataError, row: Row) => void,
): Decoded {
  try {
    return decode(row);
  } catch (error) {
    if (error instanceof BrokenDataError) note(error, row);
    throw error;
  }
}

/** What `decode` makes of the rows that can be read, in their order. */
export function decodeReadable<Row, Decoded>(rows: readonly Row[], decode: (row: Row) => Decoded): Decoded[] {
  const decoded: Decoded[] = [];
  for (const row of rows) {
    try {
      decoded.push(decode(row));
    } catch (error) {
      if (!(error instanceof BrokenDataError)) throw error;
    }
  }
  return decoded;
}

/** Whether `decode` returns, whatever it throws otherwise. */
export function isReadable<Row>(row: Row, decode: (row: Row) => unknown): boolean {
  try {
    decode(row);
    return true;
  } catch {
    return false;
  }
}
