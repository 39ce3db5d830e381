import { LIMITS } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorOf, type InProcess, startInProcess } from '../../testing/in-process.ts';

const path = '/api/v1/tenants/demo/members';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const CASES: readonly (readonly [what: string, body: object, message: string])[] = [
  ['no address', { role: 'admin' }, 'email is required'],
  ['no role', { email: 'a@b.example' }, 'role is required'],
  ['an unknown role', { email: 'a@b.example', role: 'owner' }, 'role must be one of admin, readonly, not "owner"'],
  ...[
    'plain',
    'a@',
    '@b.example',
    'a b@c.example',
    'a@b_c.example',
    'a@-b.example',
    'a@b..c',
    'a@b.example\n',
    `${'a'.repeat(65)}@b.example`,
  ].map((email) => [JSON.stringify(email.slice(0, 20)), { email, role: 'admin' }, 'email must be an e-mail address such as'] as const),
];

it.each(CASES)('refuses %s', async (_what, body, message) => {
  const received = await server.send({ method: 'POST', path, body });
  expect([received.status, errorOf(received)]).toEqual([400, expect.stringContaining(message)]);
});

it('refuses one more than a tenant can have', async () => {
  const { store } = server.plane.ports;
  const key = { kind: 'tenant', tenant: 'demo', name: 'demo' } as const;
  const tenant = await store.get(key);
  if (!tenant) throw new Error('There is no tenant');
  const crowd = Array.from({ length: LIMITS.membersPerTenant - 1 }, (_, index) => ({
    email: `m${index}@crowd.example`,
    role: 'readonly' as const,
  }));
  const members = [...tenant.spec.members, ...crowd];
  await store.commit({
    at: 0,
    writes: [{ verb: 'update-if', key, expectedVersion: tenant.resourceVersion, spec: { ...tenant.spec, members } }],
  });
  const received = await server.send({ method: 'POST', path, body: { email: 'one-more@crowd.example', role: 'admin' } });
  expect([received.status, received.headers['error-code']]).toEqual([400, 'member-limit']);
});
