import type { Clock } from '@openkupe/contract';
import { errors, type JWTVerifyGetKey, type JWTVerifyOptions, type JWTVerifyResult, jwtVerify } from 'jose';
import type { Authentication, Authenticator } from './authenticator.ts';
import { type IssuerKeys, isIssuerFailure } from './issuer-keys.ts';
import { identify } from './read-claims.ts';
import { isAccessToken } from './token-kind.ts';

/** An issuer of access tokens: OpenID Connect Discovery 1.0, tokens as in RFC 9068. */
export interface OidcIssuer {
  /** As in the `iss` claim. */
  readonly issuer: string;
  /** What the `aud` claim has to hold. */
  readonly audience: string;
  /** Whether an address counts as verified where the issuer does not say. */
  readonly assumesVerified: boolean;
  /** Whether ID tokens are accepted, for issuers whose access tokens are ID tokens by form. */
  readonly acceptsIdTokens: boolean;
}

/** Signatures only: `none` and every algorithm with a shared secret are refused (RFC 8725 §3.1). */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const SKEW_SECONDS = 30;
const LONGEST_TOKEN = 16 * 1024;

const INVALID: Authentication = { outcome: 'invalid' };
const NO_GUESS: Authentication = { outcome: 'invalid', isNoGuess: true };
const UNAVAILABLE: Authentication = {
  outcome: 'unavailable',
  message: 'The issuer of the token cannot be reached at the moment; retry with backoff, or use an API key',
};
const KEY_NOT_FETCHED: Authentication = {
  outcome: 'unavailable',
  message: 'The key that signed the token is not among those fetched from its issuer a moment ago; retry with backoff',
};

/** What was known of the issuer's keys when the key of a token was looked for. */
interface Looked {
  /** They were fetched too lately to be fetched again. */
  wereJustFetched: boolean;
  kid: string | undefined;
}

/**
 * Tells a token that is wrong from an issuer that does not answer. Claims are read only once the signature is right: a token that is
 * refused for them was issued, not guessed. Nor can a token be a guess whose key the issuer does not have; and while its keys were
 * fetched too lately to be fetched again, that cannot even be said. A key that is there and does not fit the algorithm of the token
 * (RFC 8725 §3.1) is a forgery.
 */
function outcomeOf(error: unknown, { wereJustFetched, kid }: Looked, keys: IssuerKeys): Authentication {
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) return NO_GUESS;
  if (error instanceof errors.JWKSNoMatchingKey) {
    if (kid !== undefined && keys.has(kid)) return INVALID;
    return wereJustFetched ? KEY_NOT_FETCHED : NO_GUESS;
  }
  return isIssuerFailure(error) ? UNAVAILABLE : INVALID;
}

/** Keys that are tried for a token that fits several, so that the time is bounded; a rotation makes two. */
const MOST_KEYS_TRIED = 4;

/** Verifies a token; where it names no key, or several have its name, with each that fits (RFC 7515 §6, Appendix D). */
async function verify(token: string, find: JWTVerifyGetKey, options: JWTVerifyOptions): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, find, options);
  } catch (several) {
    if (!(several instanceof errors.JWKSMultipleMatchingKeys)) throw several;
    let tried = 0;
    for await (const key of several) {
      tried += 1;
      if (tried > MOST_KEYS_TRIED) break;
      try {
        return await jwtVerify(token, key, options);
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** The authenticator for access tokens of one issuer. */
export function createOidcAuthenticator(options: OidcIssuer, { keys, clock }: { keys: IssuerKeys; clock: Clock }): Authenticator {
  const { issuer, audience, assumesVerified, acceptsIdTokens } = options;
  return {
    async authenticate(token) {
      if (token.length > LONGEST_TOKEN || token.split('.').length !== 3) return INVALID;
      if (keys.isPaused) return UNAVAILABLE;
      const looked: Looked = { wereJustFetched: false, kid: undefined };
      const find: typeof keys.find = (header, input) => {
        if (header.kid !== undefined && typeof header.kid !== 'string') throw new errors.JWSInvalid('The name of the key is no text');
        looked.kid = header.kid;
        looked.wereJustFetched = keys.wereJustFetched;
        return keys.find(header, input);
      };
      const verified = await verify(token, find, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: SKEW_SECONDS,
        currentDate: new Date(clock.now()),
        requiredClaims: ['exp', 'sub'],
      }).catch((error: unknown) => outcomeOf(error, looked, keys));
      if ('outcome' in verified) return verified;
      const { protectedHeader, payload } = verified;
      return isAccessToken(protectedHeader, payload, acceptsIdTokens) ? identify(payload, assumesVerified) : NO_GUESS;
    },
  };
}
