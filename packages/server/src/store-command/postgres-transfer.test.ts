import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock, systemRandom } from '@openkupe/contract';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { Client } from 'pg';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { hasPostgres, NEEDS_POSTGRES } from '../../../../conformance/postgres-server.ts';
import { AT, changeOf, clusterKey, clusterSpec, commitWritten, createCluster, RECORD } from '../store/conformance/samples.ts';
import { openPostgresStore } from '../store/postgres/postgres-store.ts';
import { openSnapshot as openDatabaseSnapshot } from '../store/postgres/snapshot.ts';
import { throwAwayDatabases } from '../store/postgres/testing/throw-away-database.ts';
import { openSnapshot as openFolderSnapshot } from '../store/sqlite/snapshot.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { scratchFolder } from '../store/testing/scratch-folder.ts';
import { createRowDigest, tableParts } from '../store/transfer/parts.ts';
import type { StoreSnapshot } from '../store/transfer/portable-store.ts';
import { startInProcess } from '../testing/in-process.ts';
import { runStoreCommand } from './run-store-command.ts';

/** Rows in every table, with text that PostgreSQL takes only when it is escaped or replaced. */
async function fill(store: Store): Promise<void> {
  await commitWritten(store, {
    ...changeOf(createCluster()),
    audit: {
      tenant: 'acme',
      tenantUid: 't',
      targetUid: 'u',
      actor: 'a\0b',
      action: 'clusters.create',
      target: '\ud800',
      requestId: 'r',
      address: '',
      fields: [],
    },
    events: [{ key: clusterKey(), type: 'created', message: 'made \0 \udfff' }],
    wake: [clusterKey()],
    idempotency: RECORD,
    ledger: [{ tenant: 'acme', at: AT, fact: { kind: 'credit', amount: '1', reason: 'x' } }],
  } as Parameters<Store['commit']>[0]);
  const spec = { ...clusterSpec(), labels: { env: 'prod' }, displayName: 'NUL \0, lone \ud83d, whole 😀' };
  await commitWritten(store, changeOf(Object.assign(createCluster(clusterKey('odd'), 'uid-2'), { spec })));
  await store.keepKnownTime({ knownMs: AT, certainMs: AT });
}

async function digestOf(snapshot: StoreSnapshot) {
  const digest = createRowDigest();
  for await (const part of tableParts(snapshot)) digest.add(part);
  await snapshot.close();
  return { ...digest.digest(), sequences: snapshot.sequences };
}

describe.skipIf(!hasPostgres)(`a transfer to and from PostgreSQL ${NEEDS_POSTGRES}`, () => {
  const databases = throwAwayDatabases();
  let folder: string;
  let scratch: string;
  beforeEach(async () => {
    scratch = scratchFolder();
    folder = join(scratch, 'data');
    // A start makes the secrets, and the first tenant.
    const server = await startInProcess({ OPENKUPE_DATABASE_URL: '', OPENKUPE_DATA: folder });
    await server.stop();
    const store = await openSqliteStore({ folder });
    await fill(store);
    await store.close();
  });

  async function store(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const said: string[] = [];
    const complained: string[] = [];
    const code = await runStoreCommand(words, {
      env: { OPENKUPE_BACKUP_PASSPHRASE: 'correct horse battery', OPENKUPE_DATABASE_URL: '', ...env },
      folder: scratch,
      clock: systemClock,
      random: systemRandom,
      signal: new AbortController().signal,
      ask: undefined,
      say: (line) => said.push(line),
      complain: (sentence) => complained.push(sentence),
    });
    return { code, said: said.join('\n'), complained: complained.join('\n') };
  }

  it('has the same tables, columns and sequences in both stores, so that no migration of one of them is forgotten', async () => {
    const address = await databases.make();
    await (await openPostgresStore({ address, folder: join(scratch, 'other') })).close();
    const [one, other] = [await openFolderSnapshot(folder), await openDatabaseSnapshot(address)];
    onTestFinished(() => Promise.all([one.close(), other.close()]).then(() => {}));
    const sorted = ({ tables }: StoreSnapshot) => tables.map(({ name, columns }) => [name, [...columns].sort()]);
    expect(sorted(other)).toEqual(sorted(one));
    expect(Object.keys(other.sequences).sort()).toEqual(Object.keys(one.sequences).sort());
  });

  it('goes there and back by copies with every row as it was', async () => {
    const address = await databases.make();
    const there = await store(['copy', folder, address.url, '--verify']);
    expect([there.code, there.complained]).toEqual([0, '']);
    expect(await store(['copy', address.url, 'back', '--data', folder, '--verify'])).toMatchObject({ code: 0, complained: '' });
    const before = await digestOf(await openFolderSnapshot(folder));
    expect(
      Object.entries(before.counts).filter(([, count]) => count === 0),
      'a row in every table',
    ).toEqual([]);
    expect(await digestOf(await openDatabaseSnapshot(address))).toEqual(before);
    expect(await digestOf(await openFolderSnapshot(join(scratch, 'back')))).toEqual(before);
    expect(await store(['check', '--data', folder], { OPENKUPE_DATABASE_URL: address.url })).toMatchObject({ code: 0 });
  });

  it('makes a store that goes on where the other one was', async () => {
    const address = await databases.make();
    await store(['copy', folder, address.url]);
    const copied = await openPostgresStore({ address, folder, clock: createManualClock() });
    onTestFinished(() => copied.close());
    const before = await copied.newestRevision();
    const work = await copied.leaseWork({ owner: 'me', leaseMs: 1_000, limit: 10 });
    expect(work.map(({ key }) => key)).toContainEqual(clusterKey());
    const { revision } = await commitWritten(copied, {
      ...changeOf(createCluster(clusterKey('next'), 'uid-3')),
      events: [{ key: clusterKey('next'), type: 'created', message: 'm' }],
    });
    expect(revision).toBe(before + 1);
    expect(await copied.idempotencyRecordBytes('acme')).toBeGreaterThan(RECORD.sealed.length);
    expect(await copied.get(clusterKey('odd'))).toMatchObject({ spec: { displayName: 'NUL \0, lone \ud83d, whole 😀' } });
    const labelled = await copied.scan('cluster', 'acme', { label: { key: 'env', value: 'prod' } });
    expect([...labelled.rows].map(({ name }) => name)).toEqual(['odd']);
  });

  it('takes values along that several processes share as rows, to where they are files', async () => {
    const { url } = await databases.make();
    const shared = await startInProcess({ OPENKUPE_DATABASE_URL: url, OPENKUPE_DATA: join(scratch, 'shared') });
    onTestFinished(() => shared.stop());
    await shared.plane.localValues.put('demo', 'db', { password: 'old' });
    await shared.plane.localValues.put('demo', 'db', { password: 'new' });
    expect(await store(['copy', url, 'single', '--data', 'shared', '--verify'])).toMatchObject({ code: 0, complained: '' });
    const single = await startInProcess({ OPENKUPE_DATABASE_URL: '', OPENKUPE_DATA: join(scratch, 'single') });
    onTestFinished(() => single.stop());
    expect(await single.plane.localValues.read('demo', 'db')).toEqual({ outcome: 'found', version: '2', values: { password: 'new' } });
    expect(await single.plane.ports.store.list('secret-value')).toEqual([]);
  });

  it('is restored from one backup, from either store, to the same rows', async () => {
    const address = await databases.make();
    expect((await store(['backup', 'one', '--data', folder])).code).toBe(0);
    const env = { OPENKUPE_DATABASE_URL: address.url };
    expect(await store(['restore', 'one', '--data', 'beside', '--verify'], env)).toMatchObject({ code: 0, complained: '' });
    expect(readdirSync(join(scratch, 'beside'))).toContain('secrets.json');
    expect((await store(['backup', 'two', '--data', 'beside'], env)).code).toBe(0);
    expect((await store(['restore', 'two', '--data', 'again', '--verify'])).code).toBe(0);
    const before = await digestOf(await openFolderSnapshot(folder));
    const sequences = { ...before.sequences, revision: 20_000_000_000 };
    expect(await digestOf(await openFolderSnapshot(join(scratch, 'again')))).toEqual({ ...before, sequences });
  });

  it('refuses a database with data, one that a control plane runs on, and one without any', async () => {
    const address = await databases.make();
    expect((await store(['copy', address.url, 'x', '--data', folder])).complained).toContain('holds no data of a control plane');
    const running = await openPostgresStore({ address, folder: join(scratch, 'other') });
    expect(await store(['copy', folder, address.url])).toMatchObject({
      code: 1,
      complained: expect.stringContaining('A control plane runs'),
    });
    await running.close();
    expect((await store(['copy', folder, address.url])).code).toBe(0);
    const client = new Client({ connectionString: address.url });
    await client.connect();
    onTestFinished(() => client.end());
    await client.query('DROP INDEX openkupe.work_by_tenant; DELETE FROM openkupe.schema_version WHERE version > 2');
    expect(await store(['copy', folder, address.url])).toMatchObject({ code: 1, complained: expect.stringContaining('holds data') });
    expect((await store(['backup', 'b', '--data', folder])).code).toBe(0);
    expect((await store(['restore', 'b', '--data', 'y'], { OPENKUPE_DATABASE_URL: address.url })).complained).toContain('holds data');
    expect(existsSync(join(scratch, 'y'))).toBe(false);
    const { rows } = await client.query('SELECT max(version) AS version FROM openkupe.schema_version');
    expect(rows, 'and leaves the schema as it is').toEqual([{ version: 2 }]);
  });

  it('leaves the database empty where a row cannot be stored', async () => {
    const address = await databases.make();
    const database = new DatabaseSync(join(folder, 'openkupe.db'));
    database.exec('DROP INDEX api_key_name');
    database.exec(
      "INSERT INTO resource SELECT kind, 'zzz', name, uid, version, observation, generation, created_at, deleted_at, spec, observed FROM resource WHERE kind = 'api-key' LIMIT 1",
    );
    database.exec(
      "INSERT OR IGNORE INTO resource VALUES ('api-key', 'one', 'same', 'u', 1, 0, 1, 0, NULL, '{}', '{}'), ('api-key', 'two', 'same', 'u', 1, 0, 1, 0, NULL, '{}', '{}')",
    );
    database.close();
    expect(await store(['copy', folder, address.url])).toMatchObject({
      code: 1,
      complained: expect.stringContaining('A row of the table "resource" cannot be stored'),
    });
    expect(await databases.server.sql(address.database, 'SELECT count(*) FROM openkupe.audit')).toBe('0');
    rmSync(folder, { recursive: true });
  });
});
