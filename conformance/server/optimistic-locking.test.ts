import { type Cluster, ROUTES, type Tenant } from '@openkupe/contract';
import { describe, expect, test } from 'vitest';
import type { Client, HttpAnswer } from '../client.ts';
import { etagOf, makeCluster, newName, readUntil, untilPhase } from '../clusters.ts';
import { expectRefusal } from '../expect-refusal.ts';
import { rawExchange } from '../raw-exchange.ts';
import { isExistingServer, serverUnderTest } from '../server-under-test.ts';

const server = serverUnderTest();

const patch = (client: Client, path: string, body: unknown, tag?: string) =>
  client.call<Cluster>('PATCH', path, { body, headers: tag === undefined ? {} : { 'if-match': tag } });

let written = 0;
/** A change that differs from every one before. */
const change = () => {
  written += 1;
  return { alerts: { change: written } };
};

describe('the tag', () => {
  test('S22: comes with a read, a create and a change, and moves with every change', async () => {
    const client = server.client();
    const { path, created } = await makeCluster(client);
    const tags = [etagOf(created)];
    for (let round = 0; round < 3; round += 1) {
      const changed = await patch(client, path, change());
      tags.push(etagOf(changed));
      expect(etagOf(await client.call('GET', path)).split('.')[0]).toBe(etagOf(changed).split('.')[0]);
    }
    expect(new Set(tags).size).toBe(4);
    for (const tag of tags) expect(tag).toMatch(/^"[^"\s:]+"$/);
  });

  test('S22: changes through a header line that the page can split on colon and space', async () => {
    const client = server.client();
    const { name } = await makeCluster(client);
    const answer = await rawExchange({
      host: server.host,
      send: [
        `GET /api/v1/tenants/${server.tenant}/clusters/${name} HTTP/1.1\r\nHost: judge\r\nAuthorization: Bearer ${server.apiKey}\r\n\r\n`,
      ],
    });
    const line = answer.lines.filter((text) => /^etag:/i.test(text));
    expect(line).toHaveLength(1);
    expect(line[0]?.split(': ')).toHaveLength(2);
  });

  test.each([
    ['verbatim', (tag: string) => tag],
    ['without quotes', (tag: string) => tag.replaceAll('"', '')],
    ['with the W/ of a compressing proxy', (tag: string) => `W/${tag}`],
    ['in a list', (tag: string) => `"1.1", ${tag}, "2.2"`],
    ['as a star', () => '*'],
  ])('S23: is accepted %s', async (_title, spell) => {
    const client = server.client();
    const { path } = await makeCluster(client);
    const tag = etagOf(await client.call('GET', path));
    expect(await patch(client, path, change(), spell(tag))).toMatchObject({ status: 200 });
  });

  test('S23: may also be the resourceVersion, which is what a person can see', async () => {
    const client = server.client();
    const { path, created } = await makeCluster(client);
    expect((await patch(client, path, change(), created.body.resourceVersion)).status).toBe(200);
    expectRefusal(await patch(client, path, change(), created.body.resourceVersion), 412);
  });

  test.each(['"', '""', ',', '"unfinished', 'W/', '"1" "2"', '"*"'])('S24: the malformed If-Match %j matches nothing', async (tag) => {
    const client = server.client();
    const { path, created } = await makeCluster(client);
    expectRefusal(await patch(client, path, change(), tag), 412);
    expect((await client.call<Cluster>('GET', path)).body.resourceVersion).toBe(created.body.resourceVersion);
  });

  test('is answered with 304 when nothing changed, and with the new state when something did', async () => {
    const client = server.client();
    const { path } = await makeCluster(client);
    const read = await untilPhase(client, path, 'Running');
    const tag = etagOf(read);
    const conditional = (value: string) => client.call<Cluster>('GET', path, { headers: { 'if-none-match': value } });
    for (const value of [tag, `W/${tag}`, `"1.1", ${tag}`, '*']) {
      const same = await conditional(value);
      expect(same).toMatchObject({ status: 304, text: '' });
      expect(etagOf(same)).toBe(tag);
      expect(same.headers['x-request-id']).toBeTruthy();
    }
    expect((await conditional('"1.1"')).status).toBe(200);
    await patch(client, path, change());
    expect((await conditional(tag)).status).toBe(200);
  });
});

describe('a PATCH under If-Match', () => {
  test('S11, S24, S25: fails with 412 after another client wrote, changes nothing, and succeeds after a fresh read', async () => {
    const client = server.client();
    const { path, created } = await makeCluster(client, { version: '1.31' });
    const stale = etagOf(created);
    const other = await patch(client, path, { alerts: { by: 'another writer' } });
    expect(other.status).toBe(200);

    const refused = await patch(client, path, { version: '1.32' }, stale);
    expectRefusal(refused, 412, created.body.name, /changed/, /again/);
    const read = await client.call<Cluster>('GET', path);
    const { status: _status, ...desired } = other.body;
    expect(read.body).toMatchObject(desired);
    // NOTE: the second number of a tag counts what is observed, which may move between the two answers; `If-Match` compares the first.
    const versionIn = (tag: unknown) => /^"(\d+)\.\d+"$/.exec(String(tag))?.[1] ?? `no tag: ${tag}`;
    expect(versionIn(refused.headers.etag), 'the current tag saves a read').toBe(versionIn(etagOf(read)));

    const retried = await patch(client, path, { version: '1.32' }, etagOf(read));
    expect(retried.status).toBe(200);
    expect(retried.body).toMatchObject({ version: '1.32', alerts: { by: 'another writer' } });
    expect(etagOf(retried)).not.toBe(etagOf(read));
  });

  test('S24: of many writers with the same tag exactly one wins', async () => {
    const client = server.client({ connections: 16 });
    const { path, created } = await makeCluster(client);
    const tag = etagOf(created);
    const answers = await Promise.all(Array.from({ length: 16 }, (_, writer) => patch(client, path, { alerts: { writer } }, tag)));
    const winners = answers.filter(({ status }) => status === 200);
    expect(winners).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 200) expectRefusal(answer, 412);
    expect((await client.call<Cluster>('GET', path)).body.alerts).toEqual(winners[0]?.body.alerts);
  });

  test('S25: writers that re-read and retry all get through, and none overwrites another', async () => {
    const client = server.client({ connections: 6 });
    const { path } = await makeCluster(client, { alerts: { writers: [] } });
    const add = async (writer: number) => {
      for (;;) {
        const read = await client.call<Cluster>('GET', path);
        const { alerts = {} } = read.body;
        const writers = [...(alerts.writers as number[]), writer];
        const answer = await patch(client, path, { alerts: { writers } }, etagOf(read));
        if (answer.status === 200) return;
        expectRefusal(answer, 412);
      }
    };
    await Promise.all([0, 1, 2, 3, 4, 5].map(add));
    const { alerts = {} } = (await client.call<Cluster>('GET', path)).body;
    expect((alerts.writers as number[]).sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('S24: a change of status alone never causes a 412: the tag of the Pending cluster is good once it runs', async () => {
    const client = server.client();
    const { path, created } = await makeCluster(client);
    expect(created.body.status.phase).toBe('Pending');
    const running = await untilPhase(client, path, 'Running');
    expect(etagOf(running)).not.toBe(etagOf(created));
    expect(running.body.resourceVersion).toBe(created.body.resourceVersion);
    const changed = await patch(client, path, { resources: { cpu: '500m' } }, etagOf(created));
    expect(changed.status, changed.text).toBe(200);
    await readUntil(client, path, ({ status, generation }) => status.phase === 'Running' && status.observedGeneration === generation);
    expect((await patch(client, path, change(), etagOf(changed))).status).toBe(200);
  });

  test('S24: 404 comes before 412, and 412 before the rules for what may be asked', async () => {
    const client = server.client();
    const { path } = await makeCluster(client);
    expectRefusal(await patch(client, './clusters/not-there', change(), '"1.1"'), 404);
    expectRefusal(await patch(client, path, { version: '9.99' }, '"1.1"'), 412);
    expectRefusal(await patch(client, path, { version: 9 }, '"1.1"'), 400);
  });

  test('S24: without If-Match it is written whatever happened before', async () => {
    const client = server.client({ connections: 8 });
    const { path } = await makeCluster(client);
    const answers = await Promise.all(Array.from({ length: 8 }, () => patch(client, path, change())));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect((await client.call<Cluster>('GET', path)).body.generation).toBe(9);
  });

  test('S26, S27: a body with version alone is answered with exactly 200 and the changed cluster', async () => {
    const client = server.client();
    const { path } = await makeCluster(client, { version: '1.31', displayName: 'Kept', resources: { cpu: '1', memory: '2Gi' } });
    const answer = await patch(client, path, { version: '1.32' }, etagOf(await client.call('GET', path)));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ version: '1.32', displayName: 'Kept', resources: { cpu: '1', memory: '2Gi' }, generation: 2 });
  });

  test('S30: repeated with the same tag it is applied once', async () => {
    const client = server.client();
    const { path, created } = await makeCluster(client);
    const body = change();
    const first = await patch(client, path, body, etagOf(created));
    expect(first.status).toBe(200);
    expectRefusal(await patch(client, path, body, etagOf(created)), 412);
    expect((await client.call<Cluster>('GET', path)).body).toMatchObject({ ...body, generation: first.body.generation });
  });

  test('a change that changes nothing is 200 and moves neither version nor generation', async () => {
    const client = server.client();
    const { path, created } = await makeCluster(client, { version: '1.32', alerts: { a: 1 } });
    const same = await patch(client, path, { version: '1.32', alerts: { a: 1 } }, etagOf(created));
    expect(same.status).toBe(200);
    expect(same.body).toMatchObject({ generation: created.body.generation, resourceVersion: created.body.resourceVersion });
  });
});

/** For every route with PATCH: something of its own to change, where its tag is read, and two changes. */
interface Patchable {
  readonly path: string;
  readonly tagged: string;
  readonly bodies: readonly [object, object];
  remove?(): Promise<unknown>;
}

const PATCHABLE: Readonly<Record<string, (client: Client) => Promise<Patchable>>> = {
  'clusters.update': async (client) => {
    const { path } = await makeCluster(client);
    return { path, tagged: path, bodies: [change(), change()] };
  },
  'tenants.update': async (client) => {
    const { enforceLogLimit } = (await client.call<Tenant>('GET', '.')).body;
    return { path: '.', tagged: '.', bodies: [{ enforceLogLimit: !enforceLogLimit }, { enforceLogLimit }] };
  },
  'members.update': async (client) => {
    const email = `${newName('judge')}@example.com`;
    expect((await client.call('POST', './members', { body: { email, role: 'readonly' } })).status).toBe(201);
    const path = `./members/${email.replace('@', '%40')}`;
    return { path, tagged: '.', bodies: [{ role: 'admin' }, { role: 'readonly' }], remove: () => client.call('DELETE', path) };
  },
  'secrets.update': async (client) => {
    const name = newName('judge');
    expect((await client.call('POST', './secrets', { body: { name, secretPath: `judge/${name}` } })).status).toBe(201);
    const path = `./secrets/${name}`;
    const to = (namespace: string) => ({ sync: [{ cluster: 'not-there', namespace }] });
    return { path, tagged: path, bodies: [to('one'), to('two')], remove: () => client.call('DELETE', path) };
  },
  'api-keys.update': async (client) => {
    const made = await client.call<{ id: string }>('POST', './apikeys', { body: { displayName: 'judge', role: 'readonly' } });
    expect(made.status).toBe(201);
    const path = `./apikeys/${made.body.id}`;
    return { path, tagged: path, bodies: [{ displayName: 'one' }, { displayName: 'two' }], remove: () => client.call('DELETE', path) };
  },
  'webhooks.update': async (client) => {
    const name = newName('judge');
    expect((await client.call('POST', './webhooks', { body: { name, url: 'https://hooks.example.com/', enabled: false } })).status).toBe(
      201,
    );
    const path = `./webhooks/${name}`;
    const to = (where: string) => ({ url: `https://hooks.example.com/${where}` });
    return { path, tagged: path, bodies: [to('one'), to('two')], remove: () => client.call('DELETE', path) };
  },
};

describe('S28: the rule holds for every resource that can be patched', () => {
  test.each(Object.entries(PATCHABLE))('S28: %s', async (_id, make) => {
    const client = server.client();
    const { path, tagged, bodies, remove } = await make(client);
    const send = (body: object, tag: string) => client.call('PATCH', path, { body, headers: { 'if-match': tag } });
    const read = () => client.call('GET', tagged);
    // NOTE: the part behind the point moves with the status.
    const versionOf = (answer: HttpAnswer) => etagOf(answer).split('.')[0];
    const first = await read();
    const changed = await send(bodies[0], etagOf(first));
    expect(changed.status, changed.text).toBe(200);
    const second = await read();
    expect(versionOf(second)).not.toBe(versionOf(first));

    expectRefusal(await send(bodies[1], etagOf(first)), 412);
    expect(versionOf(await read()), 'a 412 changes nothing').toBe(versionOf(second));
    const retried = await send(bodies[1], etagOf(await read()));
    expect(retried.status, retried.text).toBe(200);
    await remove?.();
  });

  test('S28: no route with PATCH is left out here', () => {
    const ids = ROUTES.filter(({ method }) => method === 'PATCH').map(({ id }) => id);
    expect(Object.keys(PATCHABLE).sort()).toEqual(ids.sort());
  });

  test('S28: the deletion of a cluster', async () => {
    const client = server.client();
    const { path, created } = await makeCluster(client);
    await patch(client, path, change());
    expectRefusal(await client.call('DELETE', path, { headers: { 'if-match': etagOf(created) } }), 412);
    const fresh = etagOf(await client.call('GET', path));
    expect((await client.call('DELETE', path, { headers: { 'if-match': fresh } })).status).toBe(204);
  });
});

/** What moves without a change, and so under the same tag. */
const settled = ({ status, ...rest }: { status?: { currentUsage?: unknown } }) => ({
  ...rest,
  status: { ...status, currentUsage: undefined },
});

/** A fuller 412, which a server may offer. Ours has it; of another one it is checked only if it is there. */
describe('a 412 for a caller that accepts application/problem+json', () => {
  const ASKING = 'application/json, application/problem+json';

  test.each(Object.entries(PATCHABLE))('S2, S24, S25: %s carries what a read answers, or nothing', async (_id, make) => {
    const client = server.client();
    const { path, tagged, bodies, remove } = await make(client);
    const send = <Body>(body: object, tag: string, accept: string) =>
      client.call<Body>('PATCH', path, { body, headers: { 'if-match': tag, accept } });
    const first = await client.call('GET', tagged);
    expect((await send(bodies[0], etagOf(first), ASKING)).status).toBe(200);
    for (const accept of ['application/json', '*/*', `${ASKING};q=0.5`, `${ASKING};q=0`]) {
      expectRefusal(await send(bodies[1], etagOf(first), accept), 412);
    }
    // NOTE: the status may move between the two answers; then the tag does too, and both are asked for again.
    let refused: HttpAnswer<{ error: string; current?: object }>;
    let read: HttpAnswer<object>;
    do {
      refused = await send(bodies[1], etagOf(first), ASKING);
      read = await client.call<object>('GET', path);
    } while (read.status === 200 && etagOf(read) !== etagOf(refused));
    expect(refused.status).toBe(412);
    expect(refused.body.error).toBeTypeOf('string');

    const { current } = refused.body;
    if (!isExistingServer) expect(current !== undefined, 'carried exactly where the path can be read').toBe(read.status === 200);
    if (current !== undefined) {
      expect(refused.headers['content-type']).toMatch(/^application\/problem\+json(;|$)/);
      expect(settled(current)).toEqual(settled(read.body));
    }
    const retried = await send(bodies[1], etagOf(refused), ASKING);
    expect(retried.status, 'its tag opens the next write, without a read').toBe(200);
    await remove?.();
  });
});
