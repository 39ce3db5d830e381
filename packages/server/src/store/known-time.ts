import { BrokenDataError } from './broken-data.ts';
import { decodeObject } from './resource-row.ts';
import type { KnownTime } from './store.ts';

const WHAT = 'installation row "known-time"';

/** The time in the value of its row. @throws {BrokenDataError} */
export function decodeKnownTime(value: string): KnownTime {
  const known = decodeObject<KnownTime>(value, WHAT, 'value');
  if (Number.isFinite(known.knownMs) && Number.isFinite(known.certainMs)) return known;
  throw new BrokenDataError(WHAT, 'it holds no time');
}
