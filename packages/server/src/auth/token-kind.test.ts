import { expect, it } from 'vitest';
import { isAccessToken } from './token-kind.ts';

/** Claims that both kinds have. */
const BOTH = { iss: 'https://auth.example', sub: 'u', aud: 'kupe-cli', exp: 2, iat: 1, groups: ['demo-admins'] };
const OF_AN_ID_TOKEN = { auth_time: 1, nonce: 'n', at_hash: 'h', sid: 's' };

it.each([
  ['RFC 9068', { typ: 'at+jwt' }, {}],
  ['RFC 9068, in full, with claims of the sign-in', { typ: 'application/at+jwt' }, { auth_time: 1, acr: 'x', amr: ['pwd'] }],
  ['no type, and nothing else', {}, {}],
  ['authentik', { typ: 'JWT' }, { ...OF_AN_ID_TOKEN, acr: 'goauthentik.io/providers/oauth2/default', azp: 'kupe-cli', uid: 'x' }],
  ['authentik with a scope', { typ: 'JWT' }, { ...OF_AN_ID_TOKEN, azp: 'kupe-cli', uid: 'x', scope: 'openid email' }],
  ['Keycloak', { typ: 'JWT' }, { typ: 'Bearer', azp: 'kupe-cli', sid: 's', acr: '1', scope: 'openid email' }],
  ['Auth0', { typ: 'JWT' }, { azp: 'c', scope: 'openid', permissions: [] }],
  ['Okta', {}, { ver: 1, jti: 'AT.x', cid: 'c', scp: ['openid'], auth_time: 1 }],
  ['Entra ID', { typ: 'JWT' }, { scp: 'user', azp: 'c', ver: '2.0', nonce: 'x' }],
  ['Cognito', {}, { token_use: 'access', client_id: 'c', scope: 'openid', auth_time: 1 }],
])('takes an access token as of %s', (_issuer, header, claims) => {
  expect(isAccessToken({ alg: 'ES256', ...header }, { ...BOTH, ...claims }, false)).toBe(true);
});

it.each([
  ['OpenID Connect Core', {}, OF_AN_ID_TOKEN],
  ['the implicit flow', {}, { nonce: 'n' }],
  ['the hybrid flow', { typ: 'JWT' }, { c_hash: 'h' }],
  ['authentik by the device flow', { typ: 'JWT' }, { auth_time: 1, acr: 'goauthentik.io/providers/oauth2/default' }],
  ['authentik with an authorised party', { typ: 'JWT' }, { auth_time: 1, azp: 'kupe-cli' }],
  ['Keycloak', { typ: 'JWT' }, { typ: 'ID', azp: 'kupe-cli', sid: 's', at_hash: 'h' }],
  ['Cognito', {}, { token_use: 'id', auth_time: 1 }],
  ['Dex', {}, { at_hash: 'h', nonce: 'n', email: 'a@b.example' }],
])('refuses an ID token as of %s, unless they are accepted', (_issuer, header, claims) => {
  const [head, payload] = [
    { alg: 'ES256', ...header },
    { ...BOTH, ...claims },
  ];
  expect([isAccessToken(head, payload, false), isAccessToken(head, payload, true)]).toEqual([false, true]);
});

const LOGOUT = { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } };
it.each([
  ['a logout token', { typ: 'logout+jwt' }, LOGOUT],
  ['a logout token, in full', { typ: 'application/Logout+JWT' }, LOGOUT],
  ['a logout token that is typed as an access token', { typ: 'at+jwt' }, LOGOUT],
  ['a logout token without a type', {}, LOGOUT],
  ['a logout token of Keycloak', { typ: 'JWT' }, { typ: 'Logout' }],
  ['a security event', { typ: 'secevent+jwt' }, {}],
  ['a refresh token of Keycloak', {}, { typ: 'Refresh' }],
  ['an offline token of Keycloak', {}, { typ: 'Offline' }],
  ['a token that is bound to a key', {}, { typ: 'DPoP', scope: 'openid' }],
  ['a proof of possession', { typ: 'dpop+jwt' }, {}],
  ['an answer of the introspection', { typ: 'token-introspection+jwt' }, {}],
  ['a token that is bound to a certificate', { typ: 'at+jwt' }, { cnf: { 'x5t#S256': 'x' } }],
  ['a type that is no text', { typ: { a: 1 } }, {}],
  ['a type that cannot become text', { typ: { toString: 'x' } }, {}],
  ['a type in a list', { typ: ['at+jwt'] }, {}],
  ['a type in the claims that cannot become text', {}, { typ: { toString: 'x' } }],
  ['a type in the claims that is no text', {}, { typ: ['Bearer', 'ID'] }],
  ['a use that is no text', {}, { token_use: {} }],
])('never takes %s', (_what, header, claims) => {
  for (const acceptsIdTokens of [false, true]) {
    expect(isAccessToken({ alg: 'ES256', ...(header as object) }, { ...BOTH, ...claims }, acceptsIdTokens)).toBe(false);
  }
});
