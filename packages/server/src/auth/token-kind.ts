import type { JWTHeaderParameters, JWTPayload } from 'jose';

/** Types of JWT that an access token may have (RFC 9068 §2.1; before it, and in most issuers, `JWT` or none). All others are other kinds. */
const ACCESS_TYPES = new Set(['', 'jwt', 'at+jwt']);
/** Claims that OpenID Connect defines for ID tokens (Core 1.0 §2 and §3.3.2.11, Front-Channel Logout §3); some access tokens have them, too. */
const CLAIMS_OF_ID_TOKENS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'auth_time', 'acr', 'amr', 'sid'];
/** Claims that only access tokens have: RFC 9068 §2.2 and its predecessors at Entra ID and Okta (`scp`). */
const CLAIMS_OF_ACCESS_TOKENS = ['scope', 'scp', 'client_id'];

const has = (payload: JWTPayload, claims: readonly string[]) => claims.some((claim) => payload[claim] !== undefined);
/** In lower case, without `application/` (RFC 7515 §4.1.9). What is no text is no type of ours. */
const typeOf = (value: unknown) => (typeof value === 'string' ? value.toLowerCase().replace(/^application\//, '') : 'malformed');

/**
 * Whether a token whose signature, issuer and audience are right is an access token. An ID token tells a client who signed in and is shown
 * to more places; a logout token ends sessions. "Explicitly typed" tokens say what they are (RFC 8725 §3.11): in the header, or in claims of
 * their issuer (`typ` at Keycloak: `Bearer`, not `ID`, `Refresh` or `Logout`; `token_use` at Cognito). A token that says nothing is one unless
 * it has claims of ID tokens and none of access tokens; authentik's are known by `azp` with `uid`. Security events, logout tokens among
 * them, have `events` (RFC 8417 §2.2). A token that is bound to a key (`cnf`, RFC 7800) is no bearer token, since nothing here asks for the key. `acceptsIdTokens` is for issuers whose access tokens are like ID tokens, such as Dex.
 */
export function isAccessToken(header: JWTHeaderParameters, payload: JWTPayload, acceptsIdTokens: boolean): boolean {
  const type = typeOf(header.typ ?? '');
  if (!ACCESS_TYPES.has(type) || payload.events !== undefined || payload.cnf !== undefined) return false;
  if (type === 'at+jwt') return true;
  const { typ, token_use: use } = payload;
  const isNamedIdToken = typeOf(typ) === 'id' || use === 'id';
  if (acceptsIdTokens && isNamedIdToken) return true;
  if (typ !== undefined && typeOf(typ) !== 'bearer') return false;
  if (use !== undefined && use !== 'access') return false;
  const isNamedAccessToken = typ !== undefined || use !== undefined || has(payload, CLAIMS_OF_ACCESS_TOKENS);
  const isOfAuthentik = payload.azp !== undefined && payload.uid !== undefined;
  return acceptsIdTokens || isNamedAccessToken || isOfAuthentik || !has(payload, CLAIMS_OF_ID_TOKENS);
}
