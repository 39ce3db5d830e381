import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { hasPostgres, NEEDS_POSTGRES } from '../../../../../conformance/postgres-server.ts';
import { BrokenDataError, createDamageReport } from '../broken-data.ts';
import { changeOf, clusterKey, clusterSpec, commitWritten, createCluster } from '../conformance/samples.ts';
import type { DatabaseAddress } from '../database-address.ts';
import type { Write } from '../store.ts';
import { openDatabase } from './open.ts';
import { createPostgresStore } from './postgres-store.ts';
import { throwAwayDatabases } from './testing/throw-away-database.ts';

async function storeAt(address: DatabaseAddress) {
  const damage = createDamageReport({ error: () => {} });
  const store = createPostgresStore(await openDatabase(address), undefined, undefined, damage);
  onTestFinished(() => store.close());
  return { store, damage };
}

describe.skipIf(!hasPostgres)(`a row that cannot be read ${NEEDS_POSTGRES}`, () => {
  const databases = throwAwayDatabases();

  it.each(['', '{', '{}', 'null'])(
    '(%j) fails what needs it, is found after a start, and leaves the report when it is repaired',
    async (text) => {
      const address = await databases.make();
      const sql = (statement: string) => databases.server.sql(address.database, statement);
      const before = (await storeAt(address)).store;
      for (const name of ['bad', 'good']) await commitWritten(before, changeOf(createCluster(clusterKey(name))));
      await sql(`UPDATE openkupe.resource SET spec = '${text}' WHERE name = 'bad'`);

      const { store, damage } = await storeAt(address);
      await vi.waitFor(() => expect(damage.list()).toEqual(['cluster "acme/bad"']));
      await expect(store.get(clusterKey('bad'))).rejects.toThrow(BrokenDataError);
      await expect(store.list('cluster')).rejects.toThrow(BrokenDataError);
      expect((await store.listReadable('cluster')).map(({ name }) => name)).toEqual(['good']);
      const { rows } = await store.scan('cluster', 'acme');
      expect(() => [...rows]).toThrow(BrokenDataError);
      const [one, other] = await Promise.allSettled([store.get(clusterKey('bad')), store.get(clusterKey('good'))]);
      expect([one.status, other.status]).toEqual(['rejected', 'fulfilled']);
      expect(await store.alertBytes('acme')).toBeGreaterThan(0);

      await sql(`UPDATE openkupe.resource SET spec = (SELECT spec FROM openkupe.resource WHERE name = 'good') WHERE name = 'bad'`);
      await vi.waitFor(() => expect(damage.list()).toEqual([]));
      expect(await store.list('cluster')).toHaveLength(2);
    },
  );

  it('of the labels of a cluster that a process of an earlier release deleted keeps no other cluster from its name', async () => {
    const address = await databases.make();
    const { store } = await storeAt(address);
    const labelled = { ...createCluster(), spec: { ...clusterSpec(), labels: { env: 'prod' } } } as Write;
    await databases.server.sql(
      address.database,
      `INSERT INTO openkupe.label VALUES ('acme', 'web', 'env', 'test'), ('acme', 'web', 'old', '')`,
    );
    await commitWritten(store, changeOf(labelled));
    const namesWith = async (key: string) => [...(await store.scan('cluster', 'acme', { label: { key } })).rows].map(({ name }) => name);
    expect([await namesWith('env'), await namesWith('old')]).toEqual([['web'], []]);
  });

  it('of the ledger fails the reads that meet it, and of the known time begins it anew', async () => {
    const address = await databases.make();
    const { store, damage } = await storeAt(address);
    const fact = { kind: 'credit', amount: '1', reason: 'r' } as const;
    await commitWritten(store, {
      ...changeOf(),
      ledger: [
        { tenant: 'acme', at: 1, fact },
        { tenant: 'acme', at: 1, fact },
      ],
    });
    await store.keepKnownTime({ knownMs: 1, certainMs: 1 });
    await databases.server.sql(address.database, `UPDATE openkupe.ledger SET fact = '{}' WHERE entry = 1`);
    await databases.server.sql(address.database, `UPDATE openkupe.installation SET value = '{' WHERE name = 'known-time'`);
    await expect(store.ledger('acme', 0, 10)).rejects.toThrow(BrokenDataError);
    expect(await store.lastLedger('acme')).toMatchObject({ entry: 2 });
    expect(await store.knownTime()).toBeUndefined();
    expect(damage.list()).toEqual(['ledger entry "acme/1"', 'installation row "known-time"']);
    await store.keepKnownTime({ knownMs: 2, certainMs: 2 });
    expect(await store.knownTime()).toEqual({ knownMs: 2, certainMs: 2 });
    await vi.waitFor(() => expect(damage.list()).toEqual(['ledger entry "acme/1"']));
  });
});
