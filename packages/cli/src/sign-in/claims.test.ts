import { expect, test } from 'vitest';
import { claimsOf } from './claims.ts';
import type { OidcLogin } from './logins-file.ts';

const loginWith = (payload: object) =>
  ({ accessToken: `x.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.y`, email: 'id@demo.example' }) as OidcLogin;

test.each<[object, string | undefined, string[]]>([
  [{ email: 'a@demo.example', groups: ['demo-admins', 7] }, 'a@demo.example', ['demo-admins']],
  [{ groups: 'demo-admins' }, 'id@demo.example', ['demo-admins']],
  [{ groups: { 0: 'demo-admins' } }, 'id@demo.example', []],
  [{}, 'id@demo.example', []],
])('shows what %j says', (payload, email, groups) => {
  expect(claimsOf(loginWith(payload))).toEqual({ email, groups });
});
