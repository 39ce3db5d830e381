import type { RetryAdvice } from '../status-table.ts';

/** Whether a request that failed was executed, as far as the server knows. */
export type Executed = 'no' | 'yes' | 'unknown';

/** What the header `Retry-Advice` of an error says. It is this API's own: it only adds to what the status and `Retry-After` say. */
export interface ServerAdvice {
  /** What to do next; `undefined` when the header is absent or unreadable. */
  readonly advice: RetryAdvice | undefined;
  readonly executed: Executed;
  /** On a 429: a slot of the limit is kept for this very request at the end of `Retry-After`. */
  readonly isSlotReserved: boolean;
}

/** @example formatRetryAdvice({ advice: 'wait', executed: 'no', isSlotReserved: true }) // 'wait; executed=no; slot=reserved' */
export function formatRetryAdvice({ advice, executed, isSlotReserved }: ServerAdvice & { readonly advice: RetryAdvice }): string {
  return `${advice}; executed=${executed}${isSlotReserved ? '; slot=reserved' : ''}`;
}

/**
 * Reads what {@link formatRetryAdvice} writes. Anything else is no advice: a client must not repeat more often because of a header that it
 * had to guess at.
 */
export function parseRetryAdvice(header: string | null | undefined): ServerAdvice {
  const [verb = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim());
  const isKnown = /^(stop|re-read|wait|back-off)$/.test(verb);
  const says = (parameter: string) => isKnown && parameters.includes(parameter);
  return {
    advice: isKnown ? (verb as RetryAdvice) : undefined,
    executed: says('executed=no') ? 'no' : says('executed=yes') ? 'yes' : 'unknown',
    isSlotReserved: says('slot=reserved'),
  };
}
