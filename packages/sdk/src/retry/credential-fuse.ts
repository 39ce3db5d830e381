import type { Clock } from '@openkupe/contract/clock';

const FIRST_MS = 30_000;
const LONGEST_MS = 15 * 60_000;

/**
 * Stops sending a credential that the server has just refused: "Repeated authentication failures trigger exponential backoff on top of
 * the regular limit. Verify your API key is correct before retrying in a loop." Half a minute after the first 401, twice as long
 * after each further one; any other answer mends it.
 */
export interface CredentialFuse {
  /** Milliseconds during which nothing is sent, 0 when the credential may be tried. */
  blownForMs(): number;
  blow(): void;
  mend(): void;
}

export function createCredentialFuse(clock: Clock): CredentialFuse {
  let blownUntil = 0;
  let strikes = 0;
  const blownForMs = () => Math.max(0, blownUntil - clock.monotonic());
  return {
    blownForMs,
    blow() {
      if (blownForMs() > 0) return;
      blownUntil = clock.monotonic() + Math.min(LONGEST_MS, FIRST_MS * 2 ** strikes);
      strikes += 1;
    },
    mend() {
      strikes = 0;
      blownUntil = 0;
    },
  };
}
