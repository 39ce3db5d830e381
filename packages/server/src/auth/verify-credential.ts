import type { Guard, GuardRefusal } from '../guard/guard.ts';
import type { Authentication, Authenticator } from './authenticator.ts';

/** What became of a credential, or why it was not looked at. */
export type Verification =
  | Authentication
  /** A 429: too many failed before it. */
  | { readonly outcome: 'refused'; readonly refusal: GuardRefusal }
  /** A 503: too many are being verified. */
  | { readonly outcome: 'busy'; readonly retryAfterMs: number };

/**
 * The only way in which a credential is verified, wherever it was sent: asks the guard right before looking, so that a volley of guesses is
 * not verified side by side and a key that was wrong a moment ago not at all, and tells it how it went.
 */
export async function verifyCredential(
  request: { readonly address: string; readonly credential: string },
  ports: { readonly guard: Pick<Guard, 'beginAuthentication'>; readonly authenticator: Authenticator },
): Promise<Verification> {
  const asked = ports.guard.beginAuthentication(request);
  const start = asked.outcome === 'queued' ? await asked.turn : asked;
  if (start.outcome === 'known-invalid') return { outcome: 'invalid' };
  if (start.outcome !== 'verify') return start;
  let isValid: boolean | undefined;
  try {
    const authentication = await ports.authenticator.authenticate(request.credential);
    const isGuess = authentication.outcome === 'invalid' && !authentication.isNoGuess;
    isValid = authentication.outcome === 'identified' ? true : isGuess ? false : undefined;
    return authentication;
  } finally {
    start.finish(isValid);
  }
}
