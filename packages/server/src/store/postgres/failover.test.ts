import { createServer } from 'node:net';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { hasPostgres, NEEDS_POSTGRES, type PostgresServer, startPostgres } from '../../../../../conformance/postgres-server.ts';
import { changeOf, clusterKey, commitWritten, createCluster } from '../conformance/samples.ts';
import type { DatabaseAddress, ServerAddress } from '../database-address.ts';
import type { Store } from '../store.ts';
import { endClient } from './connect.ts';
import { openDatabase } from './open.ts';
import { createPostgresStore } from './postgres-store.ts';
import { beginTerm } from './term.ts';

const DATABASE = 'moved';
const named = (name: string) => changeOf(createCluster(clusterKey(name)));
const namesIn = async (store: Store) => (await store.keys('cluster')).map(({ name }) => name);
const serverAt = ({ port }: { readonly port: number }): ServerAddress => ({ host: '127.0.0.1', port });

/** A server that accepts connections and says nothing. */
async function silent(): Promise<ServerAddress> {
  const listener = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void listener.close());
  const address = listener.address();
  return serverAt({ port: typeof address === 'object' && address ? address.port : 0 });
}

async function storeAt(address: DatabaseAddress): Promise<Store> {
  const store = createPostgresStore(await openDatabase(address));
  onTestFinished(() => store.close());
  return store;
}

describe.skipIf(!hasPostgres)(`several servers ${NEEDS_POSTGRES}`, () => {
  let primary: PostgresServer;
  let standby: PostgresServer;
  beforeAll(async () => {
    primary = await startPostgres();
    await primary.createDatabase(DATABASE);
    standby = await primary.standby();
  });
  afterAll(async () => {
    await primary.stop();
    await standby.stop();
  });
  const addressOf = (...servers: readonly ServerAddress[]): DatabaseAddress => {
    const { user, password } = primary;
    return { servers, user, password, database: DATABASE, tls: false };
  };
  /** Sessions of control planes on a server. */
  const sessionsOn = (server: PostgresServer) =>
    server.sql('postgres', `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'openkupe'`);

  it('lead to the one that takes writes, past one that is silent and one that is gone, also after it was another one', async () => {
    const gone = { host: '127.0.0.1', port: 1 };
    const address = addressOf(await silent(), gone, serverAt(standby), serverAt(primary));
    const store = await storeAt(address);
    await commitWritten(store, named('before'));
    expect(await namesIn(store)).toEqual(['before']);

    await primary.kill();
    await expect(store.commit(named('meanwhile'))).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    await expect(store.get(clusterKey('before'))).rejects.toMatchObject({ name: 'StoreUnavailableError', executed: 'no' });
    await standby.sql('postgres', 'SELECT pg_promote()');
    expect(await namesIn(store)).toEqual(['before']);
    await commitWritten(store, named('after'));

    // The former primary comes back, and would take writes alone.
    await primary.start();
    await primary.sql('postgres', `ALTER SYSTEM SET synchronous_standby_names = ''`);
    await primary.sql('postgres', 'SELECT pg_reload_conf()');
    await standby.sql('postgres', `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'openkupe'`);
    await commitWritten(store, named('again'));
    const another = await storeAt(addressOf(serverAt(primary), serverAt(standby)));
    expect(await namesIn(another)).toEqual(['after', 'again', 'before']);

    // It stays unused where it alone answers: its data is old.
    await standby.kill();
    for (const one of [store, another]) {
      await expect(one.commit(named('old'))).rejects.toMatchObject({ name: 'StoreUnavailableError', executed: 'no' });
      await expect(namesIn(one)).rejects.toThrow(/timeline 1, and timeline 2 was seen/);
    }
    // NOTE: a session that only asks which server it is lasts for milliseconds.
    await expect.poll(() => sessionsOn(primary)).toBe('0');
    expect(await primary.sql(DATABASE, 'SELECT max(name) FROM openkupe.resource')).toBe('before');
    await standby.start();
    await commitWritten(store, named('end'));
    expect(await namesIn(another)).toEqual(['after', 'again', 'before', 'end']);
  });

  it('are asked again in a term, so that a former primary that goes on is left', async () => {
    const former = await startPostgres();
    onTestFinished(() => former.stop());
    await former.createDatabase(DATABASE);
    const promoted = await former.standby();
    onTestFinished(() => promoted.stop());
    const { user, password } = former;
    const database = await openDatabase({ servers: [former, promoted].map(serverAt), user, password, database: DATABASE, tls: false });
    onTestFinished(async () => {
      await database.pool.end();
      await endClient(database.client);
    });
    const clock = createManualClock();
    const ports = { connect: database.connectSession, check: database.checkSession, clock };
    const forever = new AbortController().signal;
    const read = async () => (await database.pool.query<{ port: number }>({ text: 'SELECT inet_server_port() AS port' })).rows[0]?.port;
    const term = await beginTerm(ports, forever);
    expect(await read()).toBe(former.port);
    expect(database.leadsToPrimary(database.client)).toBe(true);

    await promoted.sql('postgres', 'SELECT pg_promote()');
    const isLost = new Promise((resolve) => term?.lost.addEventListener('abort', resolve));
    await clock.advance(10_000);
    await isLost;
    expect(await read()).toBe(promoted.port);
    expect(database.leadsToPrimary(database.client)).toBe(false);
    const next = await beginTerm(ports, forever);
    const holders = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 3 AND granted";
    expect([await former.sql(DATABASE, holders), await promoted.sql(DATABASE, holders)]).toEqual(['0', '1']);
    await next?.end();
  });

  it('with other data are refused at the start, and never taken for the one that is gone', async () => {
    const [one, other] = [await startPostgres(), await startPostgres()];
    onTestFinished(async () => {
      await one.stop();
      await other.stop();
    });
    for (const server of [one, other]) {
      await server.createDatabase(DATABASE);
      await server.sql('postgres', `ALTER ROLE ${server.user} PASSWORD 'same'`);
    }
    const address = { servers: [one, other].map(serverAt), user: one.user, password: 'same', database: DATABASE, tls: false } as const;
    await expect(openDatabase(address)).rejects.toThrow(/are no copies of each other/);

    await other.kill();
    const store = await storeAt(address);
    await commitWritten(store, named('ours'));
    await other.start();
    await one.kill();
    await expect(store.commit(named('lost'))).rejects.toMatchObject({ name: 'StoreUnavailableError', executed: 'no' });
    await expect(namesIn(store)).rejects.toThrow(/has the data of system/);
    expect(await other.sql(DATABASE, `SELECT count(*) FROM pg_namespace WHERE nspname = 'openkupe'`)).toBe('0');
    await one.start();
    await expect(namesIn(store)).resolves.toEqual(['ours']);
  });
});
