import { expect, test } from 'vitest';
import type { Client } from './index.ts';
import { failureOf } from './testing/outcome-of.ts';
import { cluster, tryClient } from './testing/try-client.ts';

const TENANT = '/api/v1/tenants/acme';
const confirmed = (status: number, body?: unknown) => ({ status, headers: { 'Validate-Only': 'true' }, ...(body ? { body } : {}) });

const WRITES: readonly [string, (client: Client) => Promise<unknown>][] = [
  [`POST ${TENANT}/clusters`, (client) => client.clusters.create({ name: 'prod' }, { validateOnly: true })],
  [`PATCH ${TENANT}/clusters/prod`, (client) => client.clusters.patch('prod', { version: '1.32' }, { validateOnly: true, ifMatch: '"1"' })],
  [`DELETE ${TENANT}/clusters/prod`, (client) => client.clusters.delete('prod', { validateOnly: true, ifMatch: '"1"' })],
  [`POST ${TENANT}/apikeys`, (client) => client.apiKeys.create({ displayName: 'ci', role: 'admin' }, { validateOnly: true })],
  [`PATCH ${TENANT}/apikeys/ak-1`, (client) => client.apiKeys.patch('ak-1', { scopes: null }, { validateOnly: true })],
  [`POST ${TENANT}/apikeys/ak-1/rotate`, (client) => client.apiKeys.rotate('ak-1', {}, { validateOnly: true })],
  [`POST ${TENANT}/webhooks/hook/rotate-secret`, (client) => client.webhooks.rotateSecret('hook', {}, { validateOnly: true })],
  [`DELETE ${TENANT}/apikeys/ak-1`, (client) => client.apiKeys.delete('ak-1', { validateOnly: true })],
  [
    `POST ${TENANT}/members`,
    (client) => client.members.create({ email: 'a@b.example', role: 'admin' }, { validateOnly: true, ifMatch: '"1"' }),
  ],
  [`PATCH ${TENANT}`, (client) => client.tenant.patch({ plan: 'pro' }, { validateOnly: true, ifMatch: '"1"' })],
];

test.each(WRITES)('%s asks for the validation alone, under the same condition', async (line, write) => {
  const { client, clock, lines, transport } = tryClient([confirmed(200, cluster('prod'))]);
  await clock.runUntil(write(client));
  expect(lines()).toEqual([`${line}?validateOnly=true`]);
  const isGuarded = !/clusters$|apikeys|webhooks/.test(line);
  expect(transport.sent[0]?.headers['if-match']).toBe(isGuarded ? '"1"' : undefined);
});

test('the price of a cluster is in the value', async () => {
  const price = { perMonth: '21.90', currency: 'GBP' } as const;
  const { client, clock } = tryClient([confirmed(201, cluster('prod', { price }))]);
  const { value } = await clock.runUntil(client.clusters.create({ name: 'prod' }, { validateOnly: true }));
  expect(value.price).toEqual(price);
});

test('a refusal is that of the write', async () => {
  const { client, clock } = tryClient([{ status: 409, body: { error: 'taken' } }]);
  expect(await failureOf(clock, client.clusters.create({ name: 'prod' }, { validateOnly: true }))).toMatchObject({
    status: 409,
    message: 'taken',
  });
});

test.each(WRITES)('%s that is not confirmed has happened, and says so', async (_line, write) => {
  const { client, clock } = tryClient([{ status: 200, body: cluster('prod') }]);
  expect(await failureOf(clock, write(client))).toMatchObject({
    name: 'DecodeError',
    outcome: 'applied',
    message: expect.stringContaining('validateOnly'),
  });
});
