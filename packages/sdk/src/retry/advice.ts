import type { RetryAdvice } from '@openkupe/contract/status-table';

/** What the server said about executing a request that failed. */
export type Executed = 'no' | 'yes' | 'unknown';

export interface ServerAdvice {
  readonly advice?: RetryAdvice;
  readonly executed: Executed;
}

/**
 * Reads `Retry-Advice: <stop|re-read|wait|back-off>; executed=<no|yes|unknown>`. Anything else is no advice: the extra reach that a
 * client gets from it has to be proven, never guessed.
 */
export function readAdvice(header: string | null | undefined): ServerAdvice {
  const found = /^\s*(stop|re-read|wait|back-off)\s*(?:;(.*))?$/.exec(header ?? '');
  if (!found) return { executed: 'unknown' };
  const executed = /(?:^|;)\s*executed=(no|yes)\s*(?:;|$)/.exec(found[2] ?? '');
  return { advice: found[1] as RetryAdvice, executed: (executed?.[1] ?? 'unknown') as Executed };
}
