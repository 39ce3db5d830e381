import type { Guard, GuardRefusal } from '../rate-limit/guard.ts';
import type { Authentication, Authenticator } from './authenticator.ts';

/** What became of a credential. */
export type Verification =
  | Authentication
  /** A 429: it is wrong, and too many were before it. */
  | { readonly outcome: 'refused'; readonly refusal: GuardRefusal };

/**
 * The only way in which a credential is verified, wherever it was sent: first it is verified, then the guard takes note. A right credential
 * is therefore accepted whatever failed from its address before, and needs no memory of having been right. Guessing is bounded by the rate
 * limit of the address and hopeless by the 256 random bits of a key; a verification costs a hash and a look-up, or a signature. "Repeated
 * authentication failures trigger exponential backoff": wrong credentials alone are counted, and alone are answered 429.
 */
export async function verifyCredential(
  request: { readonly address: string; readonly credential: string },
  ports: { readonly guard: Pick<Guard, 'reportAuthentication'>; readonly authenticator: Authenticator },
): Promise<Verification> {
  const authentication = await ports.authenticator.authenticate(request.credential);
  const { outcome } = authentication;
  if (outcome === 'unavailable' || (outcome === 'invalid' && authentication.isNoGuess)) return authentication;
  const refusal = ports.guard.reportAuthentication({ ...request, isValid: outcome === 'identified' });
  return refusal ? { outcome: 'refused', refusal } : authentication;
}
