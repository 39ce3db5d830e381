import type { Clock, Role } from '@openkupe/contract';
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Authentication, Authenticator } from './authenticator.ts';

/** An issuer of access tokens: OpenID Connect Discovery 1.0, tokens as in RFC 9068. */
export interface OidcIssuer {
  /** As in the `iss` claim. */
  readonly issuer: string;
  /** What the `aud` claim has to hold. */
  readonly audience: string;
}

/** Signatures only: `none` and every algorithm with a shared secret are refused (RFC 8725 §3.1). */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const SKEW_SECONDS = 30;
const ISSUER_TIMEOUT_MS = 3_000;
/** After a failed discovery nobody waits for the issuer again until this has passed. */
const DISCOVERY_PAUSE_MS = 5_000;
const LONGEST_TOKEN = 16 * 1024;
const GROUPS_READ = 500;

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

type KeySet = ReturnType<typeof createRemoteJWKSet>;

async function discover(issuer: string): Promise<KeySet> {
  const location = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(location, {
    signal: AbortSignal.timeout(ISSUER_TIMEOUT_MS),
    redirect: 'error',
    headers: { accept: 'application/json' },
  });
  if (!response.ok) throw new Error(`The issuer's discovery document answered ${response.status}`);
  const document = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
  if (document.issuer !== issuer) throw new Error('The discovery document names another issuer');
  if (typeof document.jwks_uri !== 'string') throw new Error('The discovery document has no jwks_uri');
  return createRemoteJWKSet(new URL(document.jwks_uri), { timeoutDuration: ISSUER_TIMEOUT_MS, cooldownDuration: DISCOVERY_PAUSE_MS });
}

/** `<tenant>-admins` and `<tenant>-readonly` give a role in a tenant; the stronger one counts. */
export function rolesOfGroups(groups: readonly unknown[]): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>();
  for (const group of groups.slice(0, GROUPS_READ)) {
    const found = /^(.+)-(admins|readonly)$/.exec(String(group));
    if (!found?.[1]) continue;
    if (found[2] === 'admins' || !roles.has(found[1])) roles.set(found[1], found[2] === 'admins' ? 'admin' : 'readonly');
  }
  return roles;
}

function identify(payload: JWTPayload): Authentication {
  if (!Array.isArray(payload.groups)) return { outcome: 'invalid', lacks: 'groups', isNoGuess: true };
  const email = typeof payload.email === 'string' ? payload.email.toLowerCase() : '';
  const actor = email || `subject:${String(payload.sub ?? '').slice(0, 128)}`;
  return { outcome: 'identified', identity: { kind: 'oidc', actor, email, roles: rolesOfGroups(payload.groups) } };
}

/**
 * Tells a token that is wrong from an issuer that does not answer. Claims are read only once the signature is right: a token that is
 * refused for them was issued, not guessed. Nor can a token be a guess whose key the issuer does not have; and while its keys were
 * fetched too lately to be fetched again, that cannot even be said.
 */
function outcomeOf(error: unknown, wereKeysJustFetched: boolean): Authentication {
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) return NO_GUESS;
  if (error instanceof errors.JWKSNoMatchingKey) return wereKeysJustFetched ? KEY_NOT_FETCHED : NO_GUESS;
  const isVerdict = error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout) && error.code !== 'ERR_JOSE_GENERIC';
  return isVerdict ? INVALID : UNAVAILABLE;
}

/**
 * The authenticator for access tokens of one issuer. Its keys are found by discovery at the first token, kept, and fetched again when a
 * token names a key that is not among them, so that a rotation needs no restart.
 */
export function createOidcAuthenticator({ issuer, audience }: OidcIssuer, clock: Clock): Authenticator {
  let keys: Promise<KeySet> | undefined;
  let pausedUntil = 0;

  function keySet(): Promise<KeySet> {
    keys ??= discover(issuer).catch((error) => {
      keys = undefined;
      pausedUntil = clock.monotonic() + DISCOVERY_PAUSE_MS;
      throw error;
    });
    return keys;
  }

  return {
    async authenticate(token) {
      if (token.length > LONGEST_TOKEN || token.split('.').length !== 3) return INVALID;
      if (!keys && clock.monotonic() < pausedUntil) return UNAVAILABLE;
      let wereKeysJustFetched = false;
      try {
        const known = await keySet();
        wereKeysJustFetched = known.coolingDown;
        const { payload } = await jwtVerify(token, known, {
          issuer,
          audience,
          algorithms: ALGORITHMS,
          clockTolerance: SKEW_SECONDS,
          currentDate: new Date(clock.now()),
          requiredClaims: ['exp', 'sub'],
        });
        return identify(payload);
      } catch (error) {
        return outcomeOf(error, wereKeysJustFetched);
      }
    },
  };
}
