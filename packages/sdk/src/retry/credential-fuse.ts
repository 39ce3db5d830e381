import type { Clock } from '@openkupe/contract/clock';

const FIRST_MS = 30_000;
const LONGEST_MS = 15 * 60_000;

/**
 * Stops sending a credential that the server has just refused: "Repeated authentication failures trigger exponential backoff on top of
 * the regular limit. Verify your API key is correct before retrying in a loop." Half a minute after the first 401, twice as long
 * after each further one; any other answer mends it.
 */
export class CredentialFuse {
  private readonly clock: Clock;
  private blownUntil = 0;
  private strikes = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Milliseconds during which nothing is sent, 0 when the credential may be tried. */
  blownForMs(): number {
    return Math.max(0, this.blownUntil - this.clock.monotonic());
  }

  blow(): void {
    if (this.blownForMs() > 0) return;
    this.blownUntil = this.clock.monotonic() + Math.min(LONGEST_MS, FIRST_MS * 2 ** this.strikes);
    this.strikes += 1;
  }

  mend(): void {
    this.strikes = 0;
    this.blownUntil = 0;
  }
}
