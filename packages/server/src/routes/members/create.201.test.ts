import { afterEach, beforeEach, expect, it } from 'vitest';
import { type InProcess, startInProcess } from '../../testing/in-process.ts';

const TENANT = '/api/v1/tenants/demo';
let server: InProcess;
beforeEach(async () => {
  server = await startInProcess();
});
afterEach(() => server.stop());

const add = (body: unknown, headers: Record<string, string> = {}) =>
  server.send({ method: 'POST', path: `${TENANT}/members`, body, headers });
const etagOf = async () => (await server.send({ method: 'GET', path: TENANT })).headers.etag ?? '';

it('D20: answers the address in lower case with its role, and no ETag', async () => {
  const { status, json, headers } = await add({ email: 'Developer+CI@Example.COM', role: 'readonly' });
  expect([status, json]).toEqual([201, { email: 'developer+ci@example.com', role: 'readonly' }]);
  expect(headers).not.toHaveProperty('etag');
});

it('D21: shows it in the list, by address, and in the tenant', async () => {
  await add({ email: 'developer+ci@example.com', role: 'readonly' });
  await add({ email: 'a@example.com', role: 'admin' });
  const { json } = await server.send({ method: 'GET', path: `${TENANT}/members`, key: await server.makeKey('readonly') });
  expect(json.items).toEqual([
    { email: 'a@example.com', role: 'admin' },
    { email: 'developer+ci@example.com', role: 'readonly' },
    { email: 'owner@demo.example', role: 'admin' },
  ]);
  expect((await server.send({ method: 'GET', path: TENANT })).json.members).toEqual(json.items);
});

it("moves the tenant's ETag, and is guarded by it; D22: no If-Match is no condition", async () => {
  const before = await etagOf();
  expect((await add({ email: 'guarded@example.com', role: 'admin' }, { 'if-match': before })).status).toBe(201);
  expect(await etagOf()).not.toBe(before);
  expect((await add({ email: 'late@example.com', role: 'admin' }, { 'if-match': before })).status).toBe(412);
  expect((await add({ email: 'free@example.com', role: 'admin' })).status).toBe(201);
});

it('says who did it in the audit, and does not move the allocation', async () => {
  await add({ email: 'free@example.com', role: 'admin' });
  const [row] = await server.plane.ports.store.audit('demo', 1);
  expect(row).toMatchObject({ action: 'members.create', target: 'members/free@example.com', actor: expect.stringMatching(/^ak-/) });
});

it('two that are added at once are both there', async () => {
  const answers = await Promise.all(['x', 'y', 'z'].map((name) => add({ email: `${name}@race.example`, role: 'readonly' })));
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
  const { json } = await server.send({ method: 'GET', path: `${TENANT}/members` });
  expect(json.items.filter(({ email }: { email: string }) => email.endsWith('@race.example'))).toHaveLength(3);
});
