import type { Role } from '@openkupe/contract';
import { expect, it } from 'vitest';
import type { TenantSpec } from '../store/resource.ts';
import { grantedRole, roleOf } from './granted-role.ts';

const SPEC: TenantSpec = {
  displayName: 'demo',
  contactEmail: 'owner@demo.example',
  plan: 'pro',
  enforceMetricsLimit: false,
  enforceLogLimit: false,
  members: [
    { email: 'admin@demo.example', role: 'admin' },
    { email: 'reader@demo.example', role: 'readonly' },
  ],
  removedMembers: ['bob@demo.example'],
};
const FRESH: TenantSpec = { ...SPEC, members: [{ email: 'admin@demo.example', role: 'admin' }], removedMembers: [] };
const FULL: TenantSpec = { ...SPEC, removedMembers: [], isMembersOnly: true };

type Case = [email: string, isEmailVerified: boolean, claimed: Role | undefined, spec: TenantSpec, granted: Role | undefined];
it.each<Case>([
  ['admin@demo.example', true, undefined, SPEC, 'admin'],
  ['reader@demo.example', true, undefined, SPEC, 'readonly'],
  ['reader@demo.example', true, 'admin', SPEC, 'readonly'],
  ['admin@demo.example', true, 'readonly', SPEC, 'admin'],
  ['bob@demo.example', true, 'admin', SPEC, undefined],
  ['stranger@demo.example', true, 'admin', SPEC, 'admin'],
  ['stranger@demo.example', true, undefined, SPEC, undefined],
  // Not verified: it can only take away.
  ['admin@demo.example', false, undefined, SPEC, undefined],
  ['admin@demo.example', false, 'readonly', SPEC, 'readonly'],
  ['admin@demo.example', false, 'admin', SPEC, 'admin'],
  ['reader@demo.example', false, 'admin', SPEC, 'readonly'],
  ['bob@demo.example', false, 'admin', SPEC, undefined],
  ['stranger@demo.example', false, 'admin', SPEC, 'admin'],
  // No address: it may be anybody's who is or was a member.
  ['', false, 'admin', SPEC, undefined],
  ['', false, 'admin', { ...SPEC, removedMembers: [] }, 'readonly'],
  ['', false, 'admin', FRESH, 'admin'],
  ['', false, undefined, FRESH, undefined],
  // More were removed than are remembered.
  ['stranger@demo.example', true, 'admin', FULL, undefined],
  ['reader@demo.example', true, undefined, FULL, 'readonly'],
  ['admin@demo.example', false, 'admin', FULL, 'admin'],
  ['', false, 'admin', FULL, undefined],
])('%j (verified: %s) with the groups of %s', (email, isEmailVerified, claimed, spec, granted) => {
  const roles = new Map<string, Role>(claimed ? [['demo', claimed]] : []);
  expect(grantedRole({ kind: 'oidc', actor: 'x', email, isEmailVerified, roles }, 'demo', spec)).toBe(granted);
});

it('an API key has its own role, whoever made it', async () => {
  const roles = new Map<string, Role>([['demo', 'admin']]);
  const identity = { kind: 'api-key', actor: 'ak-1', email: 'bob@demo.example', isEmailVerified: false, roles } as const;
  const store = { get: () => Promise.reject(new Error('The tenant says nothing about keys')) };
  expect([await roleOf(identity, 'demo', store), await roleOf(identity, 'other', store)]).toEqual(['admin', undefined]);
});

it('in a tenant that does not exist, groups decide', () => {
  const identity = {
    kind: 'oidc',
    actor: 'x',
    email: '',
    isEmailVerified: false,
    roles: new Map<string, Role>([['demo', 'admin']]),
  } as const;
  expect(grantedRole(identity, 'demo', undefined)).toBe('admin');
});
