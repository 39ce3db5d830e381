import type { Clock } from '@openkupe/contract/clock';

const FIRST_MS = 30_000;
const LONGEST_MS = 15 * 60_000;

/**
 * A circuit breaker for the credential: after a 401 it is not sent for 30 s, and after each further 401 for twice as long, at most 15
 * minutes. "Repeated authentication failures trigger exponential backoff on top of the regular limit. Verify your API key is correct
 * before retrying in a loop."
 */
export interface CredentialBreaker {
  /** Milliseconds until the credential may be sent again; 0 while the breaker is closed. */
  openForMs(): number;
  /** A 401 was answered: opens the breaker. Does nothing while it is open, so that a volley of 401s counts once. */
  trip(): void;
  /** The credential was accepted: closes the breaker and forgets earlier 401s. */
  reset(): void;
}

/** A closed {@link CredentialBreaker}. */
export function createCredentialBreaker(clock: Clock): CredentialBreaker {
  let openUntil = 0;
  let trips = 0;
  const openForMs = () => Math.max(0, openUntil - clock.monotonic());
  return {
    openForMs,
    trip() {
      if (openForMs() > 0) return;
      openUntil = clock.monotonic() + Math.min(LONGEST_MS, FIRST_MS * 2 ** trips);
      trips += 1;
    },
    reset() {
      trips = 0;
      openUntil = 0;
    },
  };
}
