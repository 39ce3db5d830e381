import { ROUTES } from '@openkupe/contract/routes/index';
import { describe, expect, test } from 'vitest';
import type { Client } from '../client.ts';
import { failureOf } from '../testing/outcome-of.ts';
import type { ScriptStep } from '../testing/scripted-transport.ts';
import { tryClient } from '../testing/try-client.ts';

const lost: ScriptStep = { failure: 'no-answer' };
const conflict: ScriptStep = { status: 412, body: { error: 'changed' } };
const secret = (changes: object = {}) => ({
  name: 'database',
  secretPath: 'services/database',
  status: { phase: 'Active', conditions: [], syncStatuses: [] },
  resourceVersion: '10',
  createdAt: '2026-01-01T00:00:00Z',
  ...changes,
});
const sync = [{ cluster: 'production', namespace: 'default' }];
const members = (...emails: string[]): ScriptStep => ({ body: { items: emails.map((email) => ({ email, role: 'admin' })) } });
const PARAMETERS: Readonly<Record<string, string>> = {
  tenant: 'acme',
  name: 'one',
  plan: 'one',
  email: 'a%40example.com',
  id: 'ak-1',
  receiver: 'on%20call',
  index: '2',
};

type Ask = (client: Client) => Promise<unknown>;
const ASKED: readonly [(typeof ROUTES)[number]['id'], Ask, unknown?][] = [
  ['clusters.list', (client) => client.clusters.list(), { items: [] }],
  ['clusters.get', (client) => client.clusters.get('one')],
  ['clusters.create', (client) => client.clusters.create({ name: 'one' })],
  ['clusters.update', (client) => client.clusters.patch('one', { version: '1.32' })],
  ['clusters.delete', (client) => client.clusters.delete('one')],
  ['clusters.explain', (client) => client.clusters.explain('one')],
  ['clusters.kubeconfig', (client) => client.clusters.connection('one')],
  ['secrets.list', (client) => client.secrets.list(), { items: [] }],
  ['secrets.get', (client) => client.secrets.get('one')],
  ['secrets.create', (client) => client.secrets.create({ name: 'one', secretPath: 'a/b' })],
  ['secrets.update', (client) => client.secrets.patch('one', { sync: null })],
  ['secrets.delete', (client) => client.secrets.delete('one')],
  ['tenants.get', (client) => client.tenant.get()],
  ['tenants.update', (client) => client.tenant.patch({ plan: 'pro' })],
  ['tenants.delete', (client) => client.tenant.delete({ confirm: 'acme', cascade: true })],
  ['alertmanager.config', (client) => client.alertmanager.get(), { global: {}, receivers: [], routes: [] }],
  ['alertmanager.receivers.list', (client) => client.alertmanager.receivers.list(), { items: [] }],
  ['alertmanager.receivers.get', (client) => client.alertmanager.receivers.get('on call')],
  ['alertmanager.receivers.put', (client) => client.alertmanager.receivers.put('on call', { webhook_configs: [] })],
  ['alertmanager.receivers.delete', (client) => client.alertmanager.receivers.delete('on call')],
  ['alertmanager.routes.list', (client) => client.alertmanager.routes.list(), { items: [] }],
  ['alertmanager.routes.put', (client) => client.alertmanager.routes.put([]), { items: [] }],
  ['alertmanager.routes.clear', (client) => client.alertmanager.routes.clear()],
  ['alertmanager.routes.get-one', (client) => client.alertmanager.routes.getOne(2)],
  ['alertmanager.routes.put-one', (client) => client.alertmanager.routes.putOne(2, { receiver: 'on call' })],
  ['alertmanager.routes.delete-one', (client) => client.alertmanager.routes.deleteOne(2)],
  ['alertmanager.global.get', (client) => client.alertmanager.global.get()],
  ['alertmanager.global.put', (client) => client.alertmanager.global.put({})],
  ['members.list', (client) => client.members.list(), { items: [] }],
  ['members.create', (client) => client.members.create({ email: 'a@example.com', role: 'admin' })],
  ['members.update', (client) => client.members.patch('a@example.com', { role: 'admin' })],
  ['members.delete', (client) => client.members.delete('a@example.com')],
  ['api-keys.list', (client) => client.apiKeys.list(), { items: [] }],
  ['api-keys.create', (client) => client.apiKeys.create({ displayName: 'ci', role: 'admin' })],
  ['api-keys.delete', (client) => client.apiKeys.delete('ak-1')],
  ['invoices.list', (client) => client.invoices.list(), { items: [] }],
  ['invoices.get', (client) => client.invoices.get('one')],
  ['plans.list', (client) => client.plans.list(), { items: [] }],
  ['plans.get', (client) => client.plans.get('one')],
  ['limits.get', (client) => client.limits.get(), { items: [] }],
  ['session.get', (client) => client.session.get()],
  ['session.sign-in', (client) => client.session.signIn()],
];

test.each(ASKED)('%s is asked as the contract has it', async (id, ask, body = {}) => {
  const { client, clock, lines } = tryClient([{ body }]);
  await clock.runUntil(ask(client));
  const route = ROUTES.find((row) => row.id === id);
  const path = route?.path.replaceAll(/\{([a-z]+)\}/g, (_, parameter: string) => PARAMETERS[parameter] ?? '');
  expect(lines()).toEqual([`${route?.method} ${path}`]);
});

describe('secrets', () => {
  test('a lost create is found by reading, whether or not it has targets', async () => {
    for (const body of [
      { name: 'database', secretPath: 'services/database', sync },
      { name: 'database', secretPath: 'services/database', sync: null },
    ]) {
      const { client, clock } = tryClient([lost, { body: secret(body.sync ? { sync } : {}) }]);
      expect((await clock.runUntil(client.secrets.create(body))).recovered).toBe('already-created');
    }
  });

  test('an update replaces the targets, and clearing none changes nothing', async () => {
    const { client, clock, transport, lines } = tryClient([{ body: secret() }, { body: secret({ sync }) }, { body: secret() }]);
    await clock.runUntil(client.secrets.update('database', () => ({ sync })));
    expect(transport.sent[1]).toMatchObject({ method: 'PATCH', body: { sync }, headers: { 'if-match': '"10"' } });
    await clock.runUntil(client.secrets.update('database', () => ({ sync: null })));
    expect(lines()).toHaveLength(3);
  });

  test('a 412 after a lost delete is done if the secret is being deleted', async () => {
    const deleting = secret({ status: { phase: 'Deleting', conditions: [], syncStatuses: [] } });
    const { client, clock } = tryClient([lost, conflict, { body: deleting }]);
    expect((await clock.runUntil(client.secrets.delete('database', { ifMatch: '"10"' }))).recovered).toBe('already-deleted');
  });
});

describe('members', () => {
  test('the ETag of the tenant guards them', async () => {
    const { client, clock, transport } = tryClient([{ status: 201, body: {} }, { body: {} }, { status: 204 }]);
    const guard = { ifMatch: '"7.0"' };
    await clock.runUntil(client.members.create({ email: 'a@example.com', role: 'admin' }, guard));
    await clock.runUntil(client.members.patch('a@example.com', { role: 'admin' }, guard));
    await clock.runUntil(client.members.delete('a@example.com', guard));
    expect(transport.sent.map(({ headers }) => headers['if-match'])).toEqual(['"7.0"', '"7.0"', '"7.0"']);
  });

  test('a 412 after a lost patch is done if the member has the role, and stands if not, or if there is none', async () => {
    const patching = (role: 'admin' | 'readonly', list: ScriptStep) => {
      const { client, clock } = tryClient([lost, conflict, list]);
      return { clock, answer: client.members.patch('A@example.com', { role }, { ifMatch: '"7.0"' }) };
    };
    const done = patching('admin', members('a@example.com'));
    expect(await done.clock.runUntil(done.answer)).toMatchObject({ recovered: 'already-applied', value: { email: 'a@example.com' } });
    for (const open of [patching('readonly', members('a@example.com')), patching('admin', members('b@example.com'))])
      expect(await failureOf(open.clock, open.answer)).toMatchObject({ name: 'PreconditionFailedError', outcome: 'unknown' });
  });

  test('a 412 after a lost delete is done if there is no such member', async () => {
    const done = tryClient([lost, conflict, members('b@example.com')]);
    expect((await done.clock.runUntil(done.client.members.delete('a@example.com', { ifMatch: '"7.0"' }))).recovered).toBe(
      'already-deleted',
    );
    const open = tryClient([lost, conflict, members('a@example.com')]);
    expect((await failureOf(open.clock, open.client.members.delete('A@example.com', { ifMatch: '"7.0"' }))).outcome).toBe('unknown');
  });
});

test('lists of another shape are refused', async () => {
  for (const ask of [
    (client: Client) => client.limits.get(),
    (client: Client) => client.invoices.list(),
    (client: Client) => client.members.list(),
  ]) {
    const { client, clock } = tryClient([{ body: { items: ['one'] } }]);
    expect((await failureOf(clock, ask(client))).name).toBe('DecodeError');
  }
});

describe('a PUT of Alertmanager whose answer got lost', () => {
  const put = (body: object) => {
    const world = tryClient([lost, conflict, { body }]);
    return { ...world, work: world.client.alertmanager.global.put({ resolve_timeout: '5m' }, { ifMatch: '"1"' }) };
  };

  test('has happened where it reads as it was written', async () => {
    const { clock, work, lines } = put({ resolve_timeout: '5m' });
    expect(await clock.runUntil(work)).toMatchObject({ value: { resolve_timeout: '5m' }, recovered: 'already-applied' });
    expect(lines().map((line) => line.split(' ')[0])).toEqual(['PUT', 'PUT', 'GET']);
  });

  test('is the conflict that it met where it does not', async () => {
    const { clock, work } = put({ resolve_timeout: '9m' });
    expect(await failureOf(clock, work)).toMatchObject({ status: 412, outcome: 'unknown' });
  });
});

test('a configuration of another shape is no configuration', async () => {
  const { client, clock } = tryClient([{ body: { global: {}, receivers: [{}], routes: 'all' } }]);
  expect(await failureOf(clock, client.alertmanager.get())).toMatchObject({ name: 'DecodeError' });
});
