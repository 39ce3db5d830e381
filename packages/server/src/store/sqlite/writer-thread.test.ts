import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startInProcess } from '../../testing/in-process.ts';
import { inject } from '../../testing/inject.ts';
import { createDamageReport } from '../broken-data.ts';
import { changeOf, clusterKey, commitWritten, createCluster } from '../conformance/samples.ts';
import { StoreUnavailableError } from '../store.ts';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { STORE_LIMITS } from '../write-methods.ts';
import type { Writer } from '../write-queue.ts';
import type { Settled } from '../write-request.ts';
import { openFolder } from './open.ts';
import { createSqliteStore, openSqliteStore } from './sqlite-store.ts';
import { decodeError, encodeError } from './thread-error.ts';
import type { StartWriter } from './writer.ts';
import { startWriterThread } from './writer-thread.ts';

/** Holds the database as another program would, until the returned function is called. */
function holdDatabase(folder: string): () => void {
  const other = new DatabaseSync(join(folder, 'openkupe.db'));
  other.exec('BEGIN IMMEDIATE');
  return () => other.close();
}

describe('a writer thread', () => {
  it('lets reads go on while a write waits, which are those of before it', async () => {
    const folder = scratchFolder();
    const store = await openSqliteStore({ folder });
    onTestFinished(() => store.close());
    await commitWritten(store, changeOf(createCluster(clusterKey('before'))));
    const letGo = holdDatabase(folder);
    let isWritten = false;
    const written = commitWritten(store, changeOf(createCluster(clusterKey('after')))).then(() => {
      isWritten = true;
    });
    for (let round = 0; round < 50; round += 1) {
      expect((await store.list('cluster')).map(({ name }) => name)).toEqual(['before']);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(isWritten).toBe(false);
    letGo();
    await written;
    expect((await store.list('cluster')).map(({ name }) => name)).toEqual(['after', 'before']);
  });

  it('leaves the connection of the reads unable to write', async () => {
    const open = openFolder(scratchFolder());
    const store = createSqliteStore(open, STORE_LIMITS, undefined, undefined, startWriterThread);
    onTestFinished(() => store.close());
    expect(() => open.database.exec('DELETE FROM resource')).toThrow('readonly');
  });

  it('names the rows that cannot be read, some time after the start', async () => {
    const folder = scratchFolder();
    const first = await openSqliteStore({ folder });
    for (const name of ['good', 'bad']) await commitWritten(first, changeOf(createCluster(clusterKey(name))));
    await first.close();
    const file = new DatabaseSync(join(folder, 'openkupe.db'));
    file.exec(`UPDATE resource SET spec = '{' WHERE name = 'bad'; INSERT INTO ledger VALUES ('acme', 1, 1, 'plan', '{}')`);
    file.close();
    const damage = createDamageReport({ error: () => {} });
    const store = await openSqliteStore({ folder, damage });
    onTestFinished(() => store.close());
    await expect.poll(() => damage.list().sort()).toEqual(['cluster "acme/bad"', 'ledger entry "acme/1"']);
  });

  it('goes on after a defect in a change, posted or not', async () => {
    const store = await openSqliteStore({ folder: scratchFolder() });
    onTestFinished(() => store.close());
    await expect(store.commit({ at: 1, writes: undefined as never })).rejects.toThrow(TypeError);
    await expect(store.commit({ at: 1, writes: [() => {}] as never })).rejects.toThrow('could not be cloned');
    await commitWritten(store, changeOf(createCluster()));
  });
});

/** A writer thread that ends with an uncaught error when `crash` is called. */
function startMortal(): { readonly startWriter: StartWriter; readonly crash: () => Promise<readonly Settled[]> } {
  let writer: Writer | undefined;
  // NOTE: it arrives as an empty Map, which is no group, and nothing in the thread expects that.
  const poison = Object.assign(new Map(), { map: (settle: () => Settled) => [settle()] }) as never;
  return {
    startWriter(open, options) {
      writer = startWriterThread(open, options);
      return writer;
    },
    crash: async () => (await writer?.write(poison)) ?? [],
  };
}

describe('a writer thread that ends by itself', () => {
  it('leaves its group open, refuses later ones, and lets reads go on', async () => {
    const folder = scratchFolder();
    const { startWriter, crash } = startMortal();
    const store = await openSqliteStore({ folder, startWriter });
    await commitWritten(store, changeOf(createCluster(clusterKey('before'))));
    expect(await crash()).toMatchObject([{ error: { failure: 'ended', executed: 'unknown', cause: { name: 'TypeError' } } }]);
    const refused = {
      name: 'StoreUnavailableError',
      failure: 'ended',
      executed: 'no',
      message: expect.stringContaining('restart the control plane'),
    };
    await expect(store.commit(changeOf(createCluster(clusterKey('after'))))).rejects.toMatchObject(refused);
    await expect(store.ping()).rejects.toMatchObject(refused);
    expect(store.failure()).toBe('ended');
    expect((await store.list('cluster')).map(({ name }) => name)).toEqual(['before']);
    await store.close();
    const again = await openSqliteStore({ folder });
    onTestFinished(() => again.close());
    await commitWritten(again, changeOf(createCluster(clusterKey('after'))));
  });

  it('is 503 to writes and to the readiness check, each of which says so, and reads are answered', async () => {
    const { startWriter, crash } = startMortal();
    const server = await startInProcess({}, startWriter);
    onTestFinished(() => server.stop());
    const path = '/api/v1/tenants/demo/clusters';
    expect((await server.send({ method: 'POST', path, body: { name: 'before' } })).status).toBe(201);
    await crash();
    const refused = await server.send({ method: 'POST', path, body: { name: 'after' } });
    expect([refused.status, refused.headers['retry-after'], refused.headers['retry-advice']]).toEqual([
      503,
      '2',
      expect.stringContaining('executed=no'),
    ]);
    expect((await server.send({ method: 'GET', path: `${path}/before` })).status).toBe(200);
    const { statusCode, body } = await inject(server.plane.http, { url: '/readyz' });
    expect([statusCode, JSON.parse(body).error]).toEqual([503, expect.stringContaining('until the control plane is restarted')]);
  });
});

describe('an error that crosses from one thread to another', () => {
  it.each([
    new StoreUnavailableError('full', { failure: 'full', executed: 'unknown', cause: Object.assign(new Error('disk'), { errcode: 13 }) }),
    Object.assign(new TypeError('a defect'), { errcode: 19 }),
  ])('keeps its name, message, stack, codes and cause: %s', (error) => {
    const other = decodeError(structuredClone(encodeError(error)));
    expect(other).toMatchObject({ name: error.name, message: error.message, stack: error.stack });
    expect({ ...other }).toMatchObject({ ...error });
    expect(String(other.cause)).toBe(String(error.cause));
    expect(other instanceof StoreUnavailableError).toBe(error instanceof StoreUnavailableError);
  });
});
