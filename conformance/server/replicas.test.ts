import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent, get, type IncomingMessage } from 'node:http';
import type { ApiKeyWithSecret, Cluster } from '@openkupe/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueKey } from '../api-keys.ts';
import { type Client, createClient } from '../client.ts';
import { etagOf, makeCluster, untilGone, untilPhase } from '../clusters.ts';
import { expectRefusal } from '../expect-refusal.ts';
import { hasHaproxy, startHaproxy } from '../haproxy.ts';
import { BEHIND_HAPROXY, frontendOfReplicas, REPLICA_LINES, REPLICA_OPTIONS } from '../haproxy-of-replicas.ts';
import { hasPostgres, NEEDS_POSTGRES } from '../postgres-server.ts';
import { type Replicas, startReplicas } from '../replicas.ts';
import { isExistingServer } from '../server-under-test.ts';
import { QUICK } from './kill/quick-settings.ts';

/** Pairs of a write on one replica and a read on the other: 10,000 by `OPENKUPE_PAIRS=10000`. */
const PAIRS = Number(process.env.OPENKUPE_PAIRS ?? 800);
const PAIRS_AT_ONCE = 8;
/** How long an event may take to a stream on the other replica, and a revoked key until it is refused everywhere. */
const EVENT_MS = 250;
const REVOKE_MS = 1_000;

const isLeftOut = isExistingServer || !hasPostgres || !hasHaproxy;

describe.skipIf(isLeftOut)(`two replicas ${NEEDS_POSTGRES}, haproxy, and servers of its own)`, () => {
  let replicas: Replicas;
  let proxy: Awaited<ReturnType<typeof startHaproxy>>;
  let a: Client;
  let b: Client;
  let both: Client;
  beforeAll(async () => {
    replicas = await startReplicas({ ...QUICK, ...BEHIND_HAPROXY });
    const { first } = replicas;
    const second = await replicas.add();
    proxy = await startHaproxy([frontendOfReplicas([first, second])]);
    const agent = new Agent({ keepAlive: true, maxSockets: 32 });
    a = createClient({ ...first, agent });
    b = createClient({ ...first, host: second.host, agent });
    both = createClient({ ...first, host: proxy.urls[0] ?? '', agent });
    expect((await a.call('PATCH', '.', { body: { plan: 'enterprise' } })).status).toBe(200);
  });
  afterAll(async () => {
    await proxy?.stop();
    await replicas?.stop();
  });

  test('are one API to a client whose requests haproxy spreads: create, read, change, 412, list, delete', async () => {
    const seen = new Set<unknown>();
    const call = async <Body>(...given: Parameters<Client['call']>) => {
      const answer = await both.call<Body>(...given);
      seen.add(answer.headers['x-replica']);
      return answer;
    };
    const { path, name, created } = await makeCluster(both);
    for (let step = 1; step <= 10; step += 1) {
      const before = await call<Cluster>('GET', path);
      const headers = { 'if-match': etagOf(before) };
      const changed = await call<Cluster>('PATCH', path, { body: { alerts: { step } }, headers });
      expect(changed.status, changed.text).toBe(200);
      expectRefusal(await call('PATCH', path, { body: { alerts: { step: -1 } }, headers }), 412);
      const listed = await call<{ clusters: Cluster[] }>('GET', './clusters');
      expect(listed.text).toContain(`"step":${step}}`);
    }
    await untilPhase(both, path, 'Running');
    expect((await call('DELETE', path)).status).toBeLessThan(300);
    await untilGone(both, path);
    expectRefusal(await call('GET', path), 404, name);
    expect(created.status).toBe(201);
    expect(seen).toEqual(new Set(['replica-0', 'replica-1']));
  });

  test('answer a guarded change on one with 412 once the other one has made another', async () => {
    const { path } = await makeCluster(a);
    const headers = { 'if-match': etagOf(await b.call('GET', path)) };
    expect((await a.call('PATCH', path, { body: { alerts: { by: 'first' } }, headers })).status).toBe(200);
    expectRefusal(await b.call('PATCH', path, { body: { alerts: { by: 'second' } }, headers }), 412);
  });

  test('answer a repeated Idempotency-Key with the stored answer, wherever it is repeated, and at the same time', async () => {
    for (let round = 0; round < 20; round += 1) {
      const options = { body: { displayName: `key ${round}`, role: 'readonly' }, headers: { 'idempotency-key': randomUUID() } };
      const answers = await Promise.all([a, b].map((client) => client.call<ApiKeyWithSecret>('POST', './apikeys', options)));
      const again = await b.call<ApiKeyWithSecret>('POST', './apikeys', options);
      for (const { status, body } of [...answers, again]) expect([status, body]).toEqual([201, again.body]);
      const replayed = answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true');
      expect(replayed).toHaveLength(1);
    }
  });

  test('lose no update of counters that both change under If-Match', async () => {
    const { path } = await makeCluster(a, { alerts: { count: 0 } });
    const count = async (client: Client) => {
      for (let done = 0; done < 20; ) {
        const read = await client.call<Cluster>('GET', path);
        const alerts = { count: Number(read.body.alerts?.count) + 1 };
        const answer = await client.call('PATCH', path, { body: { alerts }, headers: { 'if-match': etagOf(read) } });
        if (answer.status === 200) done += 1;
        else expectRefusal(answer, 412);
      }
    };
    await Promise.all([count(a), count(b), count(a), count(b)]);
    expect((await b.call<Cluster>('GET', path)).body.alerts?.count).toBe(80);
  });

  test(`read on one what was written on the other, each of ${PAIRS} times`, async () => {
    const [one, other] = [a, b];
    const paths = await Promise.all(Array.from({ length: PAIRS_AT_ONCE }, async () => (await makeCluster(a)).path));
    let old = 0;
    const pairs = async (path: string) => {
      for (let pair = 0; pair < PAIRS / PAIRS_AT_ONCE; pair += 1) {
        const [writer, reader] = pair % 2 === 0 ? [one, other] : [other, one];
        const written = await writer.call<Cluster>('PATCH', path, { body: { alerts: { pair } } });
        expect(written.status, written.text).toBe(200);
        const read = await reader.call<Cluster>('GET', path);
        if (read.body.alerts?.pair !== pair || read.body.resourceVersion !== written.body.resourceVersion) old += 1;
      }
    };
    await Promise.all(paths.map(pairs));
    console.log(`${PAIRS} pairs of a write and a read on the other replica, ${old} read something old`);
    expect(old).toBe(0);
  }, 300_000);

  test(`show on a stream of one what is written on the other, within ${EVENT_MS} ms`, async () => {
    const { path, name } = await makeCluster(a);
    const delays: number[] = [];
    const stream = await openStream(a);
    for (let round = 0; round < 20; round += 1) {
      const seen = stream.untilShown(`"name":"${name}","type":"changed"`);
      expect((await b.call('PATCH', path, { body: { alerts: { round } } })).status).toBe(200);
      const acknowledgedAt = performance.now();
      delays.push((await seen) - acknowledgedAt);
    }
    stream.end();
    delays.sort((one, other) => one - other);
    console.log(
      `an event on the other replica came after ${Math.round(delays[10] ?? 0)} ms in the middle, ${Math.round(delays[19] ?? 0)} ms at most`,
    );
    expect(delays.at(-1)).toBeLessThan(EVENT_MS);
  });

  test(`refuse a key that was revoked on the other one, and end its streams, within ${REVOKE_MS} ms`, async () => {
    const slowest = { refusedMs: 0, endedMs: 0 };
    for (let round = 0; round < 10; round += 1) {
      const { id, key } = await issueKey(a, 'readonly');
      for (const client of [a, b]) expect((await client.call('GET', './clusters', { key })).status).toBe(200);
      const stream = await openStream({ ...b, apiKey: key });
      expect((await a.call('DELETE', `./apikeys/${id}`)).status).toBeLessThan(300);
      const revokedAt = performance.now();
      expectRefusal(await b.call('GET', './clusters', { key }), [401, 429]);
      slowest.refusedMs = Math.max(slowest.refusedMs, performance.now() - revokedAt);
      await stream.ended;
      slowest.endedMs = Math.max(slowest.endedMs, performance.now() - revokedAt);
    }
    console.log(
      `a revoked key: refused at the first request (${Math.round(slowest.refusedMs)} ms), its stream ended after ${Math.round(slowest.endedMs)} ms at most`,
    );
    expect(Math.max(slowest.refusedMs, slowest.endedMs)).toBeLessThan(REVOKE_MS);
  });

  test('stand behind haproxy as the guide says', async () => {
    const guide = await readFile(new URL('../../docs/guide/replicas.md', import.meta.url), 'utf8');
    for (const line of [...REPLICA_LINES, REPLICA_OPTIONS]) expect(guide).toContain(line);
  });
});

/** A stream of events that is open. */
async function openStream({ host, tenant, apiKey }: Client) {
  const url = `${host}/api/v1/tenants/${tenant}/events?watch=true`;
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { headers: { authorization: `Bearer ${apiKey}` }, agent: false }, resolve).on('error', reject);
  });
  expect(incoming.statusCode).toBe(200);
  let wanted: { readonly text: string; readonly shown: (atMs: number) => void } | undefined;
  let received = '';
  const isOpen = Promise.withResolvers<void>();
  incoming.setEncoding('utf8').on('data', (text: string) => {
    received += text;
    // NOTE: a block with an id alone says that the stream has caught up.
    if (/^id: \d+$/m.test(received)) isOpen.resolve();
    if (!wanted || !received.includes(wanted.text)) return;
    wanted.shown(performance.now());
    wanted = undefined;
  });
  const ended = new Promise<void>((resolve) => incoming.once('close', resolve));
  incoming.on('error', () => {});
  await isOpen.promise;
  return {
    ended,
    untilShown(text: string): Promise<number> {
      received = '';
      return new Promise((shown) => {
        wanted = { text, shown };
      });
    },
    end: () => void incoming.destroy(),
  };
}
