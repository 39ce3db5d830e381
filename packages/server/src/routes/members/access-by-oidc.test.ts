import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BareIssuer, startBareIssuer } from '../../testing/bare-issuer.ts';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

let issuer: BareIssuer;
let server: InProcess;
let tenant = '';
let tenants = 0;

beforeEach(async () => {
  issuer = await startBareIssuer();
  server = await startInProcess({ OPENKUPE_OIDC_ISSUER: issuer.issuer });
  await server.clock.advance(Date.now() - server.clock.now());
});
afterEach(async () => {
  await server.stop();
  await issuer.stop();
});
beforeEach(async () => {
  tenants += 1;
  tenant = `team-${tenants}`;
  await server.makeTenant(tenant);
});

const members = async (method: string, email = '', role?: string) => {
  const path = `/api/v1/tenants/${tenant}/members${email && method !== 'POST' ? `/${email}` : ''}`;
  const body = method === 'POST' ? { email, role } : method === 'PATCH' ? { role } : undefined;
  return (await server.send({ method, path, key: await server.makeKey('admin', { tenant }), ...(body ? { body } : {}) })).status;
};
const tokenOf = (claims: object) =>
  issuer.sign({ email: 'Bob@Team.example', email_verified: true, groups: [`${tenant}-admins`], ...claims });
const reads = async (token: string) => (await server.send({ method: 'GET', path: `/api/v1/tenants/${tenant}`, key: token })).status;
const writes = async (token: string) =>
  (await server.send({ method: 'PATCH', path: `/api/v1/tenants/${tenant}`, key: token, body: { enforceLogLimit: true } })).status;

it('B.5: a removed member loses access at once, with a token that still claims the groups; added again, it has access at once', async () => {
  await members('POST', 'owner@team.example', 'admin');
  await members('POST', 'bob@team.example', 'admin');
  const token = await tokenOf({});
  expect([await reads(token), await writes(token)]).toEqual([200, 200]);
  expect(await members('DELETE', 'BOB@team.example')).toBe(204);
  for (const claims of [
    {},
    { email_verified: false },
    { email_verified: undefined },
    { email: undefined },
    { email: 'BOB@TEAM.EXAMPLE' },
  ]) {
    const again = await tokenOf(claims);
    expect([claims, await reads(again), await writes(again)]).toEqual([claims, 403, 403]);
  }
  expect(await reads(token)).toBe(403);
  expect(await members('POST', 'bob@team.example', 'readonly')).toBe(201);
  expect([await reads(token), await writes(token)]).toEqual([200, 403]);
});

it('a demotion counts at once, whatever the groups say; so does a promotion', async () => {
  await members('POST', 'owner@team.example', 'admin');
  await members('POST', 'bob@team.example', 'admin');
  const token = await tokenOf({ groups: [`${tenant}-admins`] });
  expect(await members('PATCH', 'bob@team.example', 'readonly')).toBe(200);
  for (const claims of [{}, { email_verified: false }, { email: undefined }]) expect(await writes(await tokenOf(claims))).toBe(403);
  expect([await reads(token), await writes(token)]).toEqual([200, 403]);
  expect(await members('PATCH', 'bob@team.example', 'admin')).toBe(200);
  expect(await writes(await tokenOf({ groups: [`${tenant}-readonly`] }))).toBe(200);
});

it('B.5: a new member can sign in at once, before any group says so; an address that is not verified is nobody’s', async () => {
  await members('POST', 'bob@team.example', 'readonly');
  expect(await reads(await tokenOf({ groups: [] }))).toBe(200);
  for (const email_verified of [false, 'false', undefined]) expect(await reads(await tokenOf({ groups: [], email_verified }))).toBe(403);
});

it('a stranger has the role of the groups, before and after somebody else was removed', async () => {
  await members('POST', 'owner@team.example', 'admin');
  await members('POST', 'bob@team.example', 'admin');
  const token = await tokenOf({ email: 'eve@team.example' });
  expect(await writes(token)).toBe(200);
  await members('DELETE', 'bob@team.example');
  expect([await reads(token), await writes(token)]).toEqual([200, 200]);
});

it('the clusters’ own endpoints ask the same: a removed member is turned away there too', async () => {
  const { store } = server.plane.ports;
  await members('POST', 'owner@team.example', 'admin');
  await members('POST', 'bob@team.example', 'admin');
  await members('DELETE', 'bob@team.example');
  const { roleInTenant } = await import('../../auth/role-in-tenant.ts');
  const verification = await server.plane.ports.authenticator.authenticate(await tokenOf({}), '192.0.2.1');
  expect(await roleInTenant(verification, tenant, store)).toBe('foreign');
});

it('where more were removed than are remembered, only members have access', async () => {
  const { store } = server.plane.ports;
  const key = { kind: 'tenant', tenant, name: tenant } as const;
  const before = await store.get(key);
  if (!before) throw new Error('There is no tenant');
  const removedMembers = Array.from({ length: 1_000 }, (_, at) => `gone-${at}@team.example`);
  const bob = { email: 'bob@team.example', role: 'admin' } as const;
  const owner = { email: 'owner@team.example', role: 'admin' } as const;
  const spec = { ...before.spec, members: [bob, owner], removedMembers };
  await store.commit({ at: 0, writes: [{ verb: 'update-if', key, expectedVersion: before.resourceVersion, spec }] });
  const stranger = await tokenOf({ email: 'eve@team.example' });
  expect(await reads(stranger)).toBe(200);
  expect(await members('DELETE', 'bob@team.example')).toBe(204);
  expect([await reads(stranger), await reads(await tokenOf({})), await reads(await tokenOf({ email: 'gone-0@team.example' }))]).toEqual([
    403, 403, 403,
  ]);
  expect((await store.get(key))?.spec).toMatchObject({ members: [owner], isMembersOnly: true });
  expect((await store.get(key))?.spec).not.toHaveProperty('removedMembers');
  expect(await reads(await tokenOf({ email: 'owner@team.example', groups: [] }))).toBe(200);
});
