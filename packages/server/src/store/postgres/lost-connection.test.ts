import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { hasPostgres, NEEDS_POSTGRES } from '../../../../../conformance/postgres-server.ts';
import { wayTo } from '../../../../../conformance/server/kill/way.ts';
import { changeOf, clusterKey, commitWritten, createCluster } from '../conformance/samples.ts';
import type { DatabaseAddress } from '../database-address.ts';
import type { Store, StoreUnavailableError } from '../store.ts';
import { openDatabase } from './open.ts';
import { createPostgresStore, type PostgresStore } from './postgres-store.ts';
import { throwAwayDatabases } from './testing/throw-away-database.ts';

/** What happens to a message to the server that holds `text`, once: it is lost with the connection, or it arrives and its answer is lost. */
interface Cut {
  text: string;
  isDelivered: boolean;
}

/** A way to the server that can be cut. */
async function cuttable(port: number): Promise<{ readonly port: number; cut?: Cut | undefined }> {
  const sockets = new Set<Socket>();
  const way: { port: number; cut?: Cut | undefined } = { port: 0 };
  const listener = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    for (const socket of [client, server]) sockets.add(socket.on('error', () => {}));
    server.pipe(client);
    client.on('data', (bytes) => {
      const { cut } = way;
      const isMet = cut !== undefined && bytes.includes(cut.text);
      if (!isMet || cut.isDelivered) server.write(bytes);
      if (!isMet) return;
      way.cut = undefined;
      client.destroy();
      // NOTE: what was delivered is worked on before the end of the connection is noticed.
      server.end();
    });
    client.on('close', () => server.end());
    server.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  const address = listener.address();
  way.port = typeof address === 'object' && address ? address.port : 0;
  return way;
}

async function storeAt(address: DatabaseAddress): Promise<PostgresStore> {
  const store = createPostgresStore(await openDatabase(address));
  onTestFinished(() => store.close());
  return store;
}

const outcomeOf = (commit: Promise<unknown>) =>
  commit.then(
    (outcome) => ({ outcome }),
    (error: unknown) => ({ error }),
  );
const named = (name: string) => changeOf(createCluster(clusterKey(name)));

describe.skipIf(!hasPostgres)(`a connection that is lost ${NEEDS_POSTGRES}`, () => {
  const databases = throwAwayDatabases();

  it.each([true, false])(
    'at the COMMIT: whether the change stands is not known (delivered: %j), and the next one is written',
    async (isDelivered) => {
      const address = await databases.make();
      const way = await cuttable(databases.server.port);
      const store = await storeAt({ ...address, servers: [{ host: '127.0.0.1', port: way.port }] });
      await commitWritten(store, named('before'));
      way.cut = { text: 'COMMIT\0', isDelivered };
      const lost = await outcomeOf(store.commit(named('lost')));
      expect(lost).toMatchObject({ error: { name: 'StoreUnavailableError', executed: 'unknown' } });
      expect(store.failure()).toBe('other');
      await commitWritten(store, named('after'));
      expect(store.failure()).toBeUndefined();
      const names = (await store.keys('cluster')).map(({ name }) => name);
      expect(names).toEqual(['after', 'before', ...(isDelivered ? ['lost'] : [])]);
    },
  );

  it('before anything was to be committed: the change is made again on a new one', async () => {
    const address = await databases.make();
    const way = await cuttable(databases.server.port);
    const store = await storeAt({ ...address, servers: [{ host: '127.0.0.1', port: way.port }] });
    await commitWritten(store, named('before'));
    way.cut = { text: 'BEGIN', isDelivered: true };
    await commitWritten(store, named('again'));
    expect((await store.keys('cluster')).map(({ name }) => name)).toEqual(['again', 'before']);
  });

  it('and no packet arrives: the store is closed within seconds, though no end is confirmed', async () => {
    const address = await databases.make();
    const way = await wayTo(databases.server.port);
    onTestFinished(() => way.close());
    const store = await storeAt({ ...address, servers: [{ host: '127.0.0.1', port: way.port }] });
    await commitWritten(store, named('before'));
    await store.get(clusterKey('before'));
    way.silence();
    const reading = outcomeOf(store.get(clusterKey('before')));
    const began = performance.now();
    await store.close();
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await reading).toMatchObject({ error: { name: 'StoreUnavailableError' } });
  });

  it('while nothing is under way: every one is opened again', async () => {
    const address = await databases.make();
    const store = await storeAt(address);
    await commitWritten(store, named('before'));
    await databases.server.sql(
      address.database,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    );
    expect((await store.keys('cluster')).map(({ name }) => name)).toEqual(['before']);
    await commitWritten(store, named('after'));
  });

  it('with the server: nothing was changed, and everything works when it is back', async () => {
    const address = await databases.make();
    const store = await storeAt(address);
    await commitWritten(store, named('before'));
    await databases.server.kill();
    const refused = [
      await outcomeOf(store.commit(named('refused'))),
      await outcomeOf(store.get(clusterKey('before'))),
      await outcomeOf(store.ping()),
    ];
    for (const one of refused) expect(one).toMatchObject({ error: { name: 'StoreUnavailableError', executed: 'no', failure: 'other' } });
    expect((refused[0] as { error: StoreUnavailableError }).error.message).toMatch(/nothing was changed, retry when it is back/);
    await databases.server.start();
    await store.ping();
    await commitWritten(store, named('after'));
    expect((await store.keys('cluster')).map(({ name }) => name)).toEqual(['after', 'before']);
  });
});

describe.skipIf(!hasPostgres)(`a transaction ${NEEDS_POSTGRES}`, () => {
  const databases = throwAwayDatabases();

  /** Lets the next `times` changes of a resource fail with this SQLSTATE. A sequence counts, because no rollback takes it back. */
  async function failChanges(database: string, state: string, times: number): Promise<void> {
    await databases.server.sql(
      database,
      `CREATE SEQUENCE openkupe.failures; GRANT ALL ON SEQUENCE openkupe.failures TO PUBLIC;
      CREATE FUNCTION openkupe.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('openkupe.failures') <= ${times} THEN RAISE EXCEPTION USING ERRCODE = '${state}'; END IF; RETURN NULL; END $$;
      CREATE TRIGGER fail AFTER INSERT ON openkupe.resource FOR EACH STATEMENT EXECUTE FUNCTION openkupe.fail()`,
    );
  }

  it.each(['40001', '40P01'])('that is rolled back because of another one (%s) is run again, five times at most', async (state) => {
    const address = await databases.make();
    const store = await storeAt(address);
    await failChanges(address.database, state, 5 + 4);
    const refused = await outcomeOf(store.commit(named('refused')));
    expect(refused).toMatchObject({ error: { name: 'StoreUnavailableError', executed: 'no' } });
    await commitWritten(store, named('fifth'));
    expect((await store.keys('cluster')).map(({ name }) => name)).toEqual(['fifth']);
  });

  it('whose wait for the synchronous standby is cancelled is not acknowledged', async () => {
    const address = await databases.make();
    const store = await storeAt(address);
    const waiting = `FROM pg_stat_activity WHERE datname = '${address.database}' AND wait_event = 'SyncRep'`;
    await setSynchronousStandby('gone');
    const alone = outcomeOf(store.commit(named('alone')));
    await vi.waitFor(async () => expect(await databases.server.sql('postgres', `SELECT count(*) ${waiting}`)).toBe('1'), 10_000);
    await databases.server.sql('postgres', `SELECT pg_cancel_backend(pid) ${waiting}`);
    expect(await alone).toMatchObject({ error: { name: 'StoreUnavailableError', executed: 'unknown' } });
    await setSynchronousStandby('');
    await commitWritten(store, named('after'));
  });

  async function setSynchronousStandby(name: string): Promise<void> {
    await databases.server.sql('postgres', `ALTER SYSTEM SET synchronous_standby_names = '${name}'`);
    await databases.server.sql('postgres', 'SELECT pg_reload_conf()');
    await vi.waitFor(async () => expect(await databases.server.sql('postgres', 'SHOW synchronous_standby_names')).toBe(name));
  }
});

describe.skipIf(!hasPostgres)(`requests that share a transaction ${NEEDS_POSTGRES}`, () => {
  const databases = throwAwayDatabases();

  it('fail alone where a value of one cannot be stored', async () => {
    const store = await storeAt(await databases.make());
    const record = {
      nowMs: 0,
      tenant: 'acme',
      quotaBytes: 2 ** 40,
      replaceableMs: 0,
      fingerprint: 'f',
      status: 201,
      sealed: 's',
      expiresAt: 2 ** 42,
    };
    const unstorable = { ...named('bad'), idempotency: { ...record, scope: 'a\u0000b' } };
    const outcomes = await Promise.allSettled([store.commit(named('a')), store.commit(unstorable), store.commit(named('b'))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await store.keys('cluster')).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('hold what people read, whatever characters it has', async () => {
    const store = await storeAt(await databases.make());
    const odd = 'a\u0000b\ud800c';
    await commitWritten(store, {
      ...named('a'),
      audit: {
        tenant: 'acme',
        actor: odd,
        action: 'x',
        target: odd,
        requestId: 'r',
        tenantUid: '',
        targetUid: '',
        address: '',
        fields: [],
      },
      events: [{ key: clusterKey('a'), type: 'created', message: odd }],
    });
    expect(await store.events(0, 1)).toMatchObject([{ message: 'a\ufffdb\ufffdc' }]);
    expect(await store.audit('acme', 1)).toMatchObject([{ actor: 'a\ufffdb\ufffdc' }]);
  });

  it('lease work that no other session holds', async () => {
    const address = await databases.make();
    const store = await storeAt(address);
    await commitWritten(store, { ...changeOf(), wake: [clusterKey('held'), clusterKey('free')] });
    const { client, pool } = await openDatabase(address);
    onTestFinished(() => Promise.all([client.end(), pool.end()]).then(() => {}));
    await client.query('BEGIN');
    await client.query(`SELECT FROM work WHERE name = 'held' FOR UPDATE`);
    const leased = await store.leaseWork({ owner: 'me', leaseMs: 1_000, limit: 10 });
    expect(leased.map(({ key }) => key.name)).toEqual(['free']);
    await client.query('ROLLBACK');
  });
});

describe.skipIf(!hasPostgres)(`reads ${NEEDS_POSTGRES}`, () => {
  const databases = throwAwayDatabases();

  it('of names that cannot be stored find nothing, and disturb none that share their statement', async () => {
    const store = await storeAt(await databases.make());
    await commitWritten(store, named('a'));
    const odd = ['x\u0000', '\ud800', 'a'];
    const found = await Promise.all([...odd.map((name) => store.get(clusterKey(name))), ...odd.map((name) => store.find('cluster', name))]);
    expect(found.map((one) => one?.name)).toEqual([undefined, undefined, 'a', undefined, undefined, 'a']);
  });

  it('and writes go on beside a newer release that has added columns', async () => {
    const address = await databases.make();
    const store = await storeAt(address);
    const use = async (name: string) => {
      await commitWritten(store, { ...named(name), wake: [clusterKey(name)] });
      const [work] = await store.leaseWork({ owner: 'me', leaseMs: 1_000, limit: 1 });
      if (work) await store.finishWork(work, 'done');
      const found = [
        await store.get(clusterKey(name)),
        await store.find('cluster', name),
        ...(await store.list('cluster')),
        ...(await store.list('cluster', 'acme')),
      ];
      expect(found.map((one) => one?.name)).toContain(name);
    };
    await use('before');
    for (const table of ['resource', 'work', 'event', 'audit', 'ledger', 'idempotency_record'])
      await databases.server.sql(address.database, `ALTER TABLE openkupe.${table} ADD COLUMN newer text NOT NULL DEFAULT 'x'`);
    await use('after');
  });
});

describe.skipIf(!hasPostgres)(`two processes on one database ${NEEDS_POSTGRES}`, () => {
  const databases = throwAwayDatabases();

  it('lose no update, share no revision and no lease, and see what the other wrote', async () => {
    const address = await databases.make();
    const stores = [await storeAt(address), await storeAt(address)] as const;
    await commitWritten(stores[0], named('shared'));
    const revisions = new Set<number>();
    let written = 0;
    const write = async (store: Store) => {
      for (let count = 0; count < 50; count += 1) {
        const row = await store.get(clusterKey('shared'));
        if (!row) throw new Error('it is gone');
        const spec = { ...row.spec, displayName: String(Number(row.spec.displayName === 'Web' ? 0 : row.spec.displayName) + 1) };
        const outcome = await store.commit({
          at: 1,
          writes: [{ verb: 'update-if', key: clusterKey('shared'), expectedVersion: row.resourceVersion, spec }],
          wake: [clusterKey(`w${count}`)],
        });
        if (outcome.outcome !== 'written') continue;
        written += 1;
        revisions.add(outcome.revision);
      }
    };
    await Promise.all([...stores, ...stores].map(write));
    expect((await stores[1].get(clusterKey('shared')))?.spec.displayName).toBe(String(written));
    expect(revisions.size).toBe(written);
    const leases = await Promise.all([0, 1, 0, 1].map((at) => stores[at as 0].leaseWork({ owner: `p${at}`, leaseMs: 10_000, limit: 15 })));
    const names = leases.flat().map(({ key }) => key.name);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(leases.flat().map(({ fence }) => fence)).size).toBe(names.length);
  });

  it('keep the leases of a process that runs when another one starts, also where its session was lost, and end those of one that is gone', async () => {
    const address = await databases.make();
    const first = await storeAt(address);
    await commitWritten(first, { ...changeOf(), wake: [clusterKey('a')] });
    const [work] = await first.leaseWork({ owner: 'first', leaseMs: 60_000, limit: 1 });
    await databases.server.sql(
      address.database,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    );
    const second = await storeAt(address);
    expect(await second.leaseWork({ owner: 'second', leaseMs: 60_000, limit: 1 })).toEqual([]);
    expect(await second.nextWorkInMs()).toBeGreaterThan(50_000);
    await Promise.all([first.close(), second.close()]);
    const third = await storeAt(address);
    await (await third.beginTerm(new AbortController().signal))?.end();
    const [again] = await third.leaseWork({ owner: 'third', leaseMs: 60_000, limit: 1 });
    expect(again?.fence).toBeGreaterThan(work?.fence ?? 0);
  });
});
