import type { Clock } from '@openkupe/contract/clock';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import type { Provider, Tokens } from './provider.ts';

/** RFC 8628 §3.2 and §3.5: the interval when none is given, and what `slow_down` adds to it. */
const INTERVAL_MS = 5_000;
const SLOWER_MS = 5_000;
/** The longest life of a code, also where the issuer gives it more. */
const LONGEST_MS = 30 * 60_000;

/** What a sign-in needs besides the issuer. */
export interface FlowDependencies {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** One line on stderr. */
  note(text: string): void;
}

function ended(sentence: string, code: string): Failure {
  const next = { run: 'openkupe auth login', why: 'starts again' };
  return new Failure(sentence, { code, exit: EXIT.refused, outcome: 'not-applied', next: [next] });
}

/** Signs in on another device (RFC 8628): shows an address and a code on stderr, and polls for the tokens until the code was approved. */
export async function signInByDevice(provider: Provider, { clock, signal, note }: FlowDependencies): Promise<Tokens> {
  const device = await provider.startDevice();
  note(`Open ${device.verification_uri_complete ?? device.verification_uri}`);
  note(`and check that it shows the code ${device.user_code}. Waiting for you to approve …`);
  const expiresAt = clock.monotonic() + Math.min(device.expires_in * 1000, LONGEST_MS);
  let intervalMs = device.interval === undefined ? INTERVAL_MS : device.interval * 1000;
  while (clock.monotonic() < expiresAt) {
    await clock.sleep(intervalMs, signal);
    const poll = await provider.poll(device.device_code);
    if (typeof poll !== 'string') return poll;
    if (poll === 'denied') throw ended('The sign-in was denied.', 'access-denied');
    if (poll === 'expired') break;
    // NOTE: after a lost request the interval is doubled (RFC 8628 §3.5).
    if (poll === 'slow-down') intervalMs += SLOWER_MS;
    if (poll === 'no-answer') intervalMs *= 2;
  }
  throw ended(`The code ${device.user_code} was not approved in time.`, 'code-expired');
}
