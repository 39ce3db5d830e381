import type { Log, LogFields } from '../log/log.ts';

/** At most this many lines a second, so that a flood of addresses is not a flood of lines; the rest is counted. */
const LINES_PER_SECOND = 10;

/** Writes one line for the first refusal of an episode. */
export interface DenialLog {
  note(nowMs: number, fields: LogFields): void;
}

/** Makes the log of one limit; without a `log` it writes nothing. */
export function createDenialLog(log: Pick<Log, 'warn'> | undefined): DenialLog {
  let secondStartedMs = Number.NEGATIVE_INFINITY;
  let lines = 0;
  let unwritten = 0;
  return {
    note(nowMs, fields) {
      if (!log) return;
      if (nowMs - secondStartedMs >= 1000) {
        secondStartedMs = nowMs;
        lines = 0;
      }
      lines += 1;
      if (lines > LINES_PER_SECOND) {
        unwritten += 1;
        return;
      }
      log.warn(unwritten > 0 ? { ...fields, unwritten } : fields, 'limit reached');
      unwritten = 0;
    },
  };
}
