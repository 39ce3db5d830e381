import type { JWTPayload } from 'jose';
import { expect, it } from 'vitest';
import { identify, rolesOfGroups } from './read-claims.ts';

const GOOD = { sub: 'u-1', email: 'Ada@Demo.example', email_verified: true, groups: ['demo-admins'] };
const read = (claims: object, assumesVerified = false) => identify({ ...GOOD, ...claims } as JWTPayload, assumesVerified);

it('reads groups: the stronger role of a tenant counts, and what is no group of ours is ignored', () => {
  const roles = rolesOfGroups(['acme-readonly', 'acme-admins', 'acme-readonly', 'my-team-admins', 'admins', '-admins', 'x-owner']);
  expect([...roles]).toEqual([
    ['acme', 'admin'],
    ['my-team', 'admin'],
  ]);
});

it('takes one group that is not in a list for a list of one', () => {
  expect(read({ groups: 'demo-admins' })).toEqual(read({}));
  expect(read({ groups: '' })).toMatchObject({ outcome: 'identified', identity: { roles: new Map() } });
});

it('reads all groups, in time that grows with their length alone', () => {
  const groups = [...Array.from({ length: 2_500 }, (_, at) => `t${at}`), 'demo-readonly', 'a-'.repeat(6_000), 'demo-admins'];
  const startedAt = performance.now();
  expect(read({ groups })).toMatchObject({ identity: { roles: new Map([['demo', 'admin']]) } });
  expect(performance.now() - startedAt).toBeLessThan(200);
});

it.each([[{ groups: undefined }], [{ groups: null }]])('%j lacks groups', (claims) => {
  expect(read(claims)).toEqual({ outcome: 'invalid', lacks: 'groups', isNoGuess: true });
});

it.each([
  { groups: [{ toString: 'x' }] },
  { groups: ['demo-admins', { toString: 'x' }] },
  { groups: [['demo-admins']] },
  { groups: ['demo-admins', 7] },
  { groups: [null] },
  { groups: { 0: 'demo-admins', length: 1 } },
  { groups: 7 },
  { groups: true },
  { sub: 7 },
  { sub: '' },
  { sub: { toString: 'x' } },
  { sub: ['u'] },
  { sub: 'u'.repeat(256) },
  { email: 7 },
  { email: ['ada@demo.example'] },
  { email: { toString: 'x' } },
  { email: null },
])('%j makes the token invalid', (claims) => {
  expect(read(claims)).toEqual({ outcome: 'invalid', isNoGuess: true });
});

it.each([
  [true, true],
  ['true', true],
  [false, false],
  ['false', false],
  ['TRUE', false],
  ['', false],
  [1, false],
  [null, false],
  [{}, false],
  [['true'], false],
])('email_verified: %j is %s, whatever is assumed of issuers that do not say', (claim, expected) => {
  for (const assumes of [false, true]) {
    expect(read({ email_verified: claim }, assumes)).toMatchObject({
      identity: { email: 'ada@demo.example', isEmailVerified: expected, actor: expected ? 'ada@demo.example' : 'subject:u-1' },
    });
  }
});

it('takes an address without email_verified for verified only where the operator said so', () => {
  expect(read({ email_verified: undefined })).toMatchObject({ identity: { isEmailVerified: false } });
  expect(read({ email_verified: undefined }, true)).toMatchObject({ identity: { isEmailVerified: true } });
});

it.each([
  '',
  'ada',
  'ada@',
  '\u212Aim@demo.example',
  'ada@dem\u00F6.example',
  'a b@demo.example',
  `${'a'.repeat(65)}@demo.example`,
  'a@b@c',
  'x'.repeat(10_000),
])('the address %j names no person, even if it is called verified', (email) => {
  expect(read({ email })).toMatchObject({ identity: { email: '', isEmailVerified: false, actor: 'subject:u-1' } });
});
