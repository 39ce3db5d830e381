import { expect, test } from 'vitest';
import { createClient } from './client.ts';
import { explain } from './explain.ts';
import { failureOf } from './testing/outcome-of.ts';
import { tryClient } from './testing/try-client.ts';

const options = { host: 'https://api.example.test', tenant: 'acme', apiKey: 'kupe_test' };
const list = { body: { items: [] } };

test.each([
  [{ host: '' }, /The host "" is not an address/],
  [{ host: 'http://' }, /is not an address/],
  [{ host: 'ftp://api.example.test' }, /is not one of HTTP/],
  [{ host: 'https://api.example.test/kupe' }, /without "\/kupe"/],
  [{ host: 'https://api.example.test?tenant=a' }, /without "\/\?tenant=a"/],
  [{ host: 'https:\\\\api.example.test' }, /has more than a host in it|is not an address/],
  [{ tenant: '' }, /The tenant "" is no name/],
  [{ tenant: '..' }, /The tenant ".." is no name/],
  [{ apiKey: '' }, /The API key is empty/],
  [{ apiKey: 'kupe_a\r\nX-Evil: 1' }, /characters that no key has/],
  [{ policy: { attempts: 0 } }, /attempts is 0/],
])('%o is refused with a sentence', (wrong, message) => {
  expect(() => createClient({ ...options, ...wrong })).toThrow(message);
});

test.each(['https://u:hidden@api.example.test', 'u:hidden@api.example.test', 'https://u:hid den@api.example.test:x'])(
  'the host %s is refused without showing the password',
  (host) => {
    expect(() => createClient({ ...options, host })).toThrow(/^The host has a user name or a password in it/);
  },
);

test.each([
  'https://api.example.test',
  'https://api.example.test/',
  'api.example.test',
  'https://api.example.test/api/v1',
  'HTTPS://API.example.test',
])('the host may be %s', async (host) => {
  const urls: string[] = [];
  const record = ({ url }: { url: string }) => {
    urls.push(url);
    return list;
  };
  const { client, clock } = tryClient([record], { host });
  await clock.runUntil(client.clusters.list());
  expect(urls).toEqual(['https://api.example.test/api/v1/tenants/acme/clusters']);
});

test('names are encoded, so that none can leave its place in the path', async () => {
  const { client, clock, transport } = tryClient([{ status: 404 }], { tenant: 'a/b' });
  await failureOf(clock, client.clusters.get('../x?y#z'));
  expect(transport.sent[0]?.path).toBe('/api/v1/tenants/a%2Fb/clusters/..%2Fx%3Fy%23z');
});

test.each(['', '.', '..', undefined as unknown as string])('a name %j is refused before anything is sent', async (name) => {
  const { client, transport } = tryClient([]);
  const asked = [
    client.clusters.get(name),
    client.clusters.delete(name),
    client.clusters.patch(name, { version: '1.32' }),
    client.clusters.update(name, () => ({ version: '1.32' })),
    client.clusters.create({ name }),
    client.clusters.connection(name),
    client.clusters.clientCertificate(name),
    client.clusters.waitFor(name, 'deleted'),
    client.apiKeys.delete(name),
    client.apiKeys.patch(name, {}),
    client.apiKeys.rotate(name),
    client.webhooks.get(name),
    client.webhooks.rotateSecret(name),
    client.webhooks.deliveries(name),
    client.webhooks.redeliver('hook', name),
    client.plans.get(name),
    client.secrets.get(name),
    client.members.patch(name, { role: 'admin' }),
    client.members.delete(name),
    client.invoices.get(name),
  ];
  for (const result of await Promise.allSettled(asked))
    expect(result).toMatchObject({ status: 'rejected', reason: { name: 'TypeError', message: expect.stringMatching(/is no name/) } });
  expect(transport.sent).toHaveLength(0);
});

test('userAgent says who calls', async () => {
  const { client, clock, transport } = tryClient([list], { userAgent: 'my-tool/2' });
  await clock.runUntil(client.clusters.list());
  expect(transport.sent[0]?.headers['user-agent']).toBe('my-tool/2');
});

test('the API key is in no error, event or explanation', async () => {
  const { client, clock, events } = tryClient([{ failure: 'no-answer' }, { status: 401, body: { error: 'no' } }]);
  const error = await failureOf(clock, client.clusters.list());
  const again = await failureOf(clock, client.clusters.list());
  const shown = [error, again].map((one) => `${explain(one)}${one.stack}${JSON.stringify(one)}`).join() + JSON.stringify(events);
  expect(shown).not.toContain('kupe_test');
});

test('events name their call and have nothing of its body', async () => {
  const { client, clock, events } = tryClient([{ status: 503 }, { body: { name: 'prod', createdAt: '2026-01-01T00:00:00Z' } }]);
  await clock.runUntil(client.clusters.patch('prod', { alerts: { webhook: 'private' } }, { ifMatch: '"1"' }).catch(() => {}));
  expect(events.length).toBeGreaterThan(2);
  for (const { call } of events) expect(call).toEqual({ method: 'PATCH', path: '/api/v1/tenants/acme/clusters/prod' });
});
