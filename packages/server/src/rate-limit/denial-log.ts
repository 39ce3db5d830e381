import type { Log, LogFields } from '../log/log.ts';

/** At most this many lines a second, so that a flood of addresses is not a flood of lines; the rest is counted. */
const LINES_PER_SECOND = 10;

/** Writes one line for the first refusal of an episode. */
export class DenialLog {
  readonly #log: Pick<Log, 'warn'> | undefined;
  #secondStartedMs = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #unwritten = 0;

  constructor(log: Pick<Log, 'warn'> | undefined) {
    this.#log = log;
  }

  note(nowMs: number, fields: LogFields): void {
    if (nowMs - this.#secondStartedMs >= 1000) {
      this.#secondStartedMs = nowMs;
      this.#lines = 0;
    }
    this.#lines += 1;
    if (this.#lines > LINES_PER_SECOND) {
      this.#unwritten += 1;
      return;
    }
    this.#log?.warn(this.#unwritten > 0 ? { ...fields, unwritten: this.#unwritten } : fields, 'limit reached');
    this.#unwritten = 0;
  }
}
