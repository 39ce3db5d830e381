import { randomUUID } from 'node:crypto';
import type { ApiKey, ApiKeyWithSecret, Cluster } from '@openkupe/contract';
import { describe, expect, test } from 'vitest';
import { issueKey } from '../api-keys.ts';
import type { Client } from '../client.ts';
import { etagOf, makeCluster, newName, sharedCluster } from '../clusters.ts';
import { expectRefusal } from '../expect-refusal.ts';
import { serverUnderTest } from '../server-under-test.ts';

const server = serverUnderTest();
const cluster = sharedCluster(server);

describe('without an Idempotency-Key', () => {
  test('S30: a GET can be repeated and shows the same', async () => {
    const client = server.client();
    const [first, second] = [await client.call('GET', cluster.path), await client.call('GET', cluster.path)];
    expect(second.text).toBe(first.text);
    expect(etagOf(second)).toBe(etagOf(first));
  });

  test('S10, S31: a create repeated after a success that was lost is 409, and leaves what is there alone', async () => {
    const client = server.client();
    const { name, path } = await makeCluster(client, { displayName: 'First' });
    const before = await client.call<Cluster>('GET', path);
    expectRefusal(await client.call('POST', './clusters', { body: { name, displayName: 'Second' } }), 409, name, /exists/);
    const { displayName, resourceVersion } = (await client.call<Cluster>('GET', path)).body;
    expect({ displayName, resourceVersion }).toEqual({ displayName: 'First', resourceVersion: before.body.resourceVersion });
  });

  test('S31: of many creates at once exactly one succeeds', async () => {
    const client = server.client({ connections: 12 });
    const name = newName('race');
    const answers = await Promise.all(Array.from({ length: 12 }, () => client.call('POST', './clusters', { body: { name } })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 201) expectRefusal(answer, 409, name);
    expect((await client.call('DELETE', `./clusters/${name}`)).status).toBe(204);
  });
});

describe('with an Idempotency-Key', () => {
  const create = (client: Client, idempotencyKey: string, body: unknown) =>
    client.call<ApiKeyWithSecret>('POST', './apikeys', { body, headers: { 'idempotency-key': idempotencyKey } });
  const count = async (client: Client, name: string) =>
    (await client.call<{ items: ApiKey[] }>('GET', './apikeys')).body.items.filter(({ displayName }) => displayName === name).length;
  const newBody = () => ({ displayName: newName('idempotent'), role: 'readonly' });

  test('S31: a repeat gets the answer of the first, the key it cannot see again included', async () => {
    const client = server.client();
    const body = newBody();
    const key = randomUUID();
    const first = await create(client, key, body);
    expect(first.status).toBe(201);
    const again = await create(client, `"${key}"`, { role: body.role, displayName: body.displayName });
    expect(again).toMatchObject({ status: 201, text: first.text });
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(again.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect(await count(client, body.displayName)).toBe(1);
    await client.call('DELETE', `./apikeys/${first.body.id}`);
  });

  test('the idempotency record of a create shows the tag it had, and belongs to one caller and one path', async () => {
    const client = server.client();
    const key = randomUUID();
    const name = newName('idempotent');
    const post = (caller: Client) => caller.call('POST', './clusters', { body: { name }, headers: { 'idempotency-key': key } });
    const first = await post(client);
    expect(first.status).toBe(201);
    const again = await post(client);
    expect(again).toMatchObject({ status: 201, text: first.text });
    expect(etagOf(again)).toBe(etagOf(first));
    const another = server.client({ key: (await issueKey(client, 'admin')).key });
    expectRefusal(await post(another), 409, name);
    const elsewhere = await create(client, key, newBody());
    expect(elsewhere.status).toBe(201);
    expect((await client.call('DELETE', `./clusters/${name}`)).status).toBe(204);
  });

  test('S5: the same key with another body is 400, and does nothing', async () => {
    const client = server.client();
    const key = randomUUID();
    const [body, other] = [newBody(), newBody()];
    expect((await create(client, key, body)).status).toBe(201);
    expectRefusal(await create(client, key, other), 400, 'Idempotency-Key', /new key/);
    expect(await count(client, other.displayName)).toBe(0);
  });

  test('S31: of many repeats at once one does the work; the others get its answer, or 409 while it runs', async () => {
    const client = server.client({ connections: 12 });
    const body = newBody();
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 12 }, () => create(client, key, body)));
    const done = answers.filter(({ status }) => status === 201);
    expect(new Set(done.map(({ text }) => text)).size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expectRefusal(answer, 409, 'Idempotency-Key', /running/);
      expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    }
    expect(await count(client, body.displayName)).toBe(1);
    expect((await create(client, key, body)).text).toBe(done[0]?.text);
  });

  test('S5: a refusal is not kept: the corrected request may use the same key', async () => {
    const client = server.client();
    const key = randomUUID();
    expectRefusal(await create(client, key, { displayName: '', role: 'readonly' }), 400, 'displayName');
    expect((await create(client, key, newBody())).status).toBe(201);
  });

  test.each(['', '""', 'x'.repeat(256), 'two words', '"tab\there"'])('S5: the Idempotency-Key %j is refused', async (key) => {
    const client = server.client();
    const body = newBody();
    expectRefusal(await create(client, key, body), 400, 'Idempotency-Key');
    expect(await count(client, body.displayName)).toBe(0);
  });
});
