import { createHash } from 'node:crypto';

/** What has happened, line by line: a hash of everything, and the last lines. */
export interface Trace {
  add(line: string): void;
  /** The lines that were added last, oldest first. */
  readonly last: readonly string[];
  /** Hash of every line so far. Two runs of one seed give the same. */
  digest(): string;
}

/** An empty trace that keeps the last `kept` lines, and shows each to `show` as it comes. */
export function createTrace(kept: number, show?: (line: string) => void): Trace {
  const hash = createHash('sha256');
  const last: string[] = [];
  return {
    last,
    add(line) {
      hash.update(line).update('\n');
      if (last.push(line) > kept) last.shift();
      show?.(line);
    },
    digest: () => hash.copy().digest('hex').slice(0, 16),
  };
}
