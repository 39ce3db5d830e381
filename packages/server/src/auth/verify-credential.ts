import type { AddressLimit } from '../rate-limit/address-limit.ts';
import type { LimitRefusal } from '../rate-limit/admission.ts';
import { type Authentication, type Authenticator, INVALID } from './authenticator.ts';
import type { AuthBackoff } from './backoff/auth-backoff.ts';

/** What became of a credential. */
export type Verification =
  | Authentication
  /** A 429: it is wrong, and too many were before it. */
  | { readonly outcome: 'refused'; readonly refusal: LimitRefusal };

/** What verifying a credential needs. */
export interface VerificationPorts {
  readonly authenticator: Authenticator;
  readonly addressLimit: Pick<AddressLimit, 'noteCredential'>;
  readonly authBackoff: Pick<AuthBackoff, 'fail'>;
}

/** Chooses by the prefix: `kupe_…` is an API key, everything else a token of the OIDC issuer, if there is one. */
export function createAuthenticator(byApiKey: Authenticator, byToken?: Authenticator): Authenticator {
  return {
    authenticate(token, address) {
      if (token.startsWith('kupe_')) return byApiKey.authenticate(token, address);
      return byToken ? byToken.authenticate(token, address) : Promise.resolve(INVALID);
    },
  };
}

/**
 * The only way in which a wrong credential is counted: it is verified first. A right one is therefore accepted whatever failed from its
 * address before. Guessing is bounded by the rate limit of the address, ten times that for keys of refused requests, and hopeless by the 256
 * random bits of a key; a verification costs a hash and a look-up, or a signature. "Repeated authentication failures trigger exponential
 * backoff": wrong credentials alone are counted, and alone are answered 429.
 */
export async function verifyCredential(
  { address, credential }: { readonly address: string; readonly credential: string },
  { authenticator, addressLimit, authBackoff }: VerificationPorts,
): Promise<Verification> {
  const authentication = await authenticator.authenticate(credential, address);
  const { outcome } = authentication;
  if (outcome === 'unavailable' || (outcome === 'invalid' && authentication.isNoGuess)) return authentication;
  addressLimit.noteCredential(address, credential, outcome === 'identified');
  const refusal = outcome === 'identified' ? undefined : authBackoff.fail(address);
  return refusal ? { outcome: 'refused', refusal } : authentication;
}
