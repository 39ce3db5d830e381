import type { RetryAdvice } from '@openkupe/contract/status-table';

/** What the server said about executing a request that failed. */
export type Executed = 'no' | 'yes' | 'unknown';

/** What the `Retry-Advice` of an answer says. */
export interface ServerAdvice {
  readonly advice: RetryAdvice | undefined;
  readonly executed: Executed;
  /** A slot of the limit is kept for this request at the end of `Retry-After`. */
  readonly isReserved: boolean;
}

/**
 * Reads `Retry-Advice: <stop|re-read|wait|back-off>; executed=<no|yes|unknown>; slot=reserved`. Anything else is no advice: the extra
 * reach that a client gets from it has to be proven, never guessed.
 */
export function readAdvice(header: string | null | undefined): ServerAdvice {
  const [verb = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim());
  const isKnown = /^(stop|re-read|wait|back-off)$/.test(verb);
  const says = (parameter: string) => isKnown && parameters.includes(parameter);
  return {
    advice: isKnown ? (verb as RetryAdvice) : undefined,
    executed: says('executed=no') ? 'no' : says('executed=yes') ? 'yes' : 'unknown',
    isReserved: says('slot=reserved'),
  };
}
