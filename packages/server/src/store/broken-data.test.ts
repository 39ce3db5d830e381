import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { errorOf, type InProcess, type Received, startInProcess } from '../testing/in-process.ts';
import { scratchFolder } from './testing/scratch-folder.ts';

const CLUSTER = { version: '1.33', resources: { cpu: '1', memory: '1Gi' } };
const RECEIVER = { webhook_configs: [{ url: 'https://hooks.example.com/1' }] };

/** A control plane on `folder`, and what its first admin may do. */
interface Running {
  readonly server: InProcess;
  send(method: string, path: string, options?: { body?: unknown; key?: string; once?: string; tenant?: string }): Promise<Received>;
  verbose(): Promise<string>;
  /** Lets the reconciler work, step by step, until the cluster is in the phase (`gone` without one). */
  untilPhase(name: string, phase: string): Promise<void>;
}

async function start(folder: string, key?: string): Promise<Running & { readonly key: string }> {
  const server = await startInProcess({ OPENKUPE_DATA: folder, OPENKUPE_SANDBOX_PROVISIONING_SECONDS: '0' });
  const adminKey = key ?? server.adminKey;
  const send: Running['send'] = (method, path, { body, key: other, once, tenant = 'demo' } = {}) =>
    server.send({
      method,
      path: `/api/v1/tenants/${tenant}${path}`,
      key: other ?? adminKey,
      ...(body === undefined ? {} : { body }),
      ...(once === undefined ? {} : { headers: { 'idempotency-key': once } }),
    });
  return {
    server,
    key: adminKey,
    send,
    async untilPhase(name, phase) {
      let seen = '';
      for (let step = 0; step < 1_000 && seen !== phase; step += 1) {
        await server.clock.advance(200);
        const { status, json } = await send('GET', `/clusters/${name}`);
        seen = status === 404 ? 'gone' : json.status?.phase;
      }
      expect(seen).toBe(phase);
    },
    async verbose() {
      const { status, text } = await server.send({ method: 'GET', path: '/readyz?verbose' });
      expect(status).toBe(200);
      return text;
    },
  };
}

/** An installation with two tenants, of which `damage` breaks something while it does not run; then it runs again. */
async function damaged(damage: (database: DatabaseSync, folder: string) => void) {
  const folder = join(scratchFolder(), 'data');
  const first = await start(folder);
  await first.server.makeTenant('other');
  const otherKey = await first.server.makeKey('admin', { tenant: 'other' });
  const spare = await first.server.makeKey('admin');
  await first.server.plane.start();
  const made = [
    await first.send('POST', '/clusters', { body: { name: 'good', ...CLUSTER } }),
    await first.send('POST', '/clusters', { body: { name: 'bad', ...CLUSTER } }),
    await first.send('POST', '/secrets', { body: { name: 'good', secretPath: 'a/b', sync: [{ cluster: 'good', namespace: 'x' }] } }),
    await first.send('POST', '/secrets', { body: { name: 'bad', secretPath: 'a/c' } }),
    await first.send('PUT', '/alertmanager/receivers/one', { body: RECEIVER }),
    await first.send('POST', '/apikeys', { body: { displayName: 'once', role: 'readonly' }, once: 'once' }),
  ];
  expect(made.map(({ status }) => status)).toEqual([201, 201, 201, 201, 200, 201]);
  await first.untilPhase('good', 'Running');
  await first.untilPhase('bad', 'Running');
  await first.server.stop();

  const database = new DatabaseSync(join(folder, 'openkupe.db'));
  damage(database, folder);
  database.close();
  const again = await start(folder, first.key);
  onTestFinished(() => again.server.stop());
  await again.server.plane.start();
  return { ...again, folder, otherKey, spare };
}

const spoil = (database: DatabaseSync, column: 'spec' | 'observed', text: string, kind: string, name?: string) => {
  const { changes } = database
    .prepare(`UPDATE resource SET ${column} = ? WHERE kind = ? AND name = coalesce(?, name) AND tenant <> 'other'`)
    .run(text, kind, name ?? null);
  expect(changes).toBeGreaterThan(0);
};

/** What has to work whatever else is broken. */
async function expectOthersWork({ send, otherKey }: Awaited<ReturnType<typeof damaged>>): Promise<void> {
  const other = { tenant: 'other', key: otherKey };
  const statuses = [
    await send('GET', '/clusters', other),
    await send('POST', '/clusters', { ...other, body: { name: 'theirs', ...CLUSTER } }),
    await send('GET', '/clusters/theirs', other),
    await send('GET', '/apikeys', other),
  ].map(({ status }) => status);
  expect(statuses).toEqual([200, 201, 200, 200]);
}

const BROKEN = ['', '{"displayName":', 'null', '[]', '7', 'not JSON', '{}'];

describe('a row that is not JSON', () => {
  it.each([
    ...BROKEN.map((text) => ['cluster', 'spec', text] as const),
    ...BROKEN.map((text) => ['cluster', 'observed', text] as const),
    ['secret', 'spec', '{'] as const,
    ['secret', 'observed', '{'] as const,
    ['secret', 'spec', '{}'] as const,
    ['cluster', 'spec', '{"displayName":"bad","type":"shared","version":"1.33","resources":7,"highAvailability":false}'] as const,
  ])('of a %s (%s: %j): that resource and its list answer 500, the rest of the tenant and the others work', async (kind, column, text) => {
    const running = await damaged((database) => spoil(database, column, text, kind, 'bad'));
    const { send, untilPhase, verbose } = running;
    const path = `/${kind}s`;
    const refused = await send('GET', `${path}/bad`);
    expect(refused.status).toBe(500);
    expect(errorOf(refused)).toContain(refused.headers['x-request-id']);
    expect((await send('GET', path)).status).toBe(500);
    expect((await send('GET', `${path}/good`)).status).toBe(200);
    expect((await send('PATCH', '/clusters/good', { body: { resources: { cpu: '2' } } })).status).toBe(200);
    expect((await send('POST', '/clusters', { body: { name: 'new', ...CLUSTER } })).status).toBe(201);
    expect((await send('POST', '/secrets', { body: { name: 'new', secretPath: 'a/d' } })).status).toBe(201);
    await untilPhase('new', 'Running');
    expect((await send('DELETE', '/clusters/good')).status).toBe(204);
    await expectOthersWork(running);
    expect(await verbose()).toContain(`${kind} \\"demo/bad\\"`);
  });

  it.each(['{', '{}'])('of an API key (%j): that key answers 500, the others work', async (text) => {
    const running = await damaged((database) =>
      database.exec(`UPDATE resource SET spec = '${text}' WHERE kind = 'api-key' AND tenant = 'demo' AND spec ->> 'displayName' = 'test'`),
    );
    expect((await running.send('GET', '/clusters', { key: running.spare })).status).toBe(500);
    expect((await running.send('GET', '/clusters')).status).toBe(200);
    expect((await running.send('POST', '/apikeys', { body: { displayName: 'new', role: 'readonly' } })).status).toBe(201);
    await expectOthersWork(running);
    expect(await running.verbose()).toContain('api-key \\"demo/');
  });

  it.each(['{', '{}'])('of a tenant (%j): its months are closed later, those of the others now', async (text) => {
    const running = await damaged((database) => spoil(database, 'spec', text, 'tenant', 'demo'));
    expect((await running.send('GET', '')).status).toBe(500);
    await expectOthersWork(running);
    expect(await running.verbose()).toContain('tenant \\"demo\\"');
  });

  it('of the settings: only what needs them answers 500', async () => {
    const running = await damaged((database) => {
      database.exec("INSERT INTO resource VALUES ('setting', '', 'platform', 'u', 1, 0, 1, 1, NULL, '{', '{}')");
    });
    expect((await running.send('GET', '/clusters/good')).status).toBe(200);
    expect((await running.send('DELETE', '/clusters/good')).status).toBe(204);
    expect((await running.send('POST', '/clusters', { body: { name: 'new', ...CLUSTER } })).status).toBe(500);
    expect(await running.verbose()).toContain('setting \\"platform\\"');
  });

  it('of the Alertmanager configuration, or sealed with another key: its routes answer 500', async () => {
    const running = await damaged((database) => {
      database.exec(`UPDATE resource SET spec = json_set(spec, '$.sealed', 'AAAA') WHERE kind = 'alertmanager'`);
    });
    expect((await running.send('GET', '/alertmanager/receivers')).status).toBe(500);
    expect((await running.send('GET', '/clusters')).status).toBe(200);
    expect(await running.verbose()).toContain('alertmanager \\"demo\\"');
  });

  it.each(['{', '{}', '{"kind":"toString"}', '{"kind":"credit"}'])(
    'of the ledger (%j): usage of that tenant answers 500, the rest works',
    async (text) => {
      const running = await damaged((database) => database.exec(`UPDATE ledger SET fact = '${text}' WHERE tenant = 'demo' AND entry = 1`));
      expect((await running.send('GET', '/clusters')).status).toBe(200);
      await expectOthersWork(running);
      expect(await running.verbose()).toContain('ledger entry \\"demo/1\\"');
    },
  );

  it('of a idempotency record: the repeat answers 500, the next request works', async () => {
    const running = await damaged((database) => database.exec(`UPDATE kept_answer SET sealed = 'AAAA'`));
    const body = { displayName: 'once', role: 'readonly' };
    expect((await running.send('POST', '/apikeys', { body, once: 'once' })).status).toBe(500);
    expect((await running.send('POST', '/apikeys', { body, once: 'twice' })).status).toBe(201);
    expect(await running.verbose()).toContain('idempotency record');
  });

  it.each(['{', '{}', '{"knownMs":"x","certainMs":1}'])('of the known time (%j): it begins anew, and everything works', async (text) => {
    const running = await damaged((database) => {
      database.prepare(`REPLACE INTO installation VALUES ('known-time', ?)`).run(text);
    });
    expect(await running.verbose()).toContain('known-time');
    expect((await running.send('PATCH', '/clusters/good', { body: { resources: { cpu: '2' } } })).status).toBe(200);
    await expectOthersWork(running);
    await running.server.clock.advance(31_000);
    expect(await running.verbose()).toContain('{"name":"data","state":"ok"}');
  });

  it('leaves the report when it was mended', async () => {
    const running = await damaged((database) => spoil(database, 'spec', '{', 'cluster', 'bad'));
    expect(await running.verbose()).toContain('cluster \\"demo/bad\\"');
    const database = new DatabaseSync(join(running.folder, 'openkupe.db'));
    database.exec(`UPDATE resource SET spec = (SELECT spec FROM resource WHERE kind = 'cluster' AND name = 'good')
      WHERE kind = 'cluster' AND name = 'bad' AND tenant = 'demo'`);
    database.close();
    expect((await running.send('GET', '/clusters')).status).toBe(200);
    expect(await running.verbose()).toContain('{"name":"data","state":"ok"}');
  });
});

const rewrite = (change: (text: string) => string) => (path: string) => writeFileSync(path, change(readFileSync(path, 'utf8')));
const RECORDS: [string, (path: string) => void][] = [
  ...['', '{', 'null', '{"format":1}', '{"format":2}'].map((text): [string, (path: string) => void] => [text, rewrite(() => text)]),
  ['one without a usable certificate', rewrite((text) => text.replaceAll('BEGIN', 'BEGUN'))],
  ['one without a usable key', rewrite((text) => text.replace('BEGIN PRIVATE', 'BEGUN PRIVATE'))],
  [
    'a folder',
    (path) => {
      rmSync(path);
      mkdirSync(path);
    },
  ],
];

describe('a sandbox record that cannot be read', () => {
  it.each(RECORDS)('%j: what needs it answers 500, its list shows it degraded, and it can be deleted', async (_what, breakRecord) => {
    const running = await damaged((database, folder) => {
      const row = database.prepare(`SELECT uid FROM resource WHERE kind = 'cluster' AND name = 'bad'`).get() as { uid: string };
      breakRecord(join(folder, 'sandbox', `${row.uid}.json`));
    });
    const { send, untilPhase, folder, verbose } = running;
    expect(await verbose()).toContain('sandbox record');
    await untilPhase('good', 'Running');
    const refused = [
      await send('GET', '/clusters/bad'),
      await send('GET', '/clusters/bad/kubeconfig'),
      await send('GET', '/clusters/bad/connection-details'),
      await send('PATCH', '/clusters/bad', { body: { resources: { cpu: '2' } } }),
    ];
    for (const one of refused) expect([one.status, errorOf(one).includes(String(one.headers['x-request-id']))]).toEqual([500, true]);
    const listed = (await send('GET', '/clusters')).json.items as { name: string; status: { phase: string } }[];
    expect(listed.map(({ name, status }) => [name, status.phase])).toEqual([
      ['bad', 'Degraded'],
      ['good', 'Running'],
    ]);
    await expectOthersWork(running);
    expect((await send('DELETE', '/clusters/bad')).status).toBe(204);
    await untilPhase('bad', 'gone');
    expect(readdirSync(join(folder, 'sandbox')).filter((name) => name.endsWith('.json')).length).toBeGreaterThan(0);
    expect(await verbose()).toContain('{"name":"data","state":"ok"}');
  });
});
