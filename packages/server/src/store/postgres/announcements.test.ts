import { describe, expect, it, onTestFinished } from 'vitest';
import { hasPostgres, NEEDS_POSTGRES } from '../../../../../conformance/postgres-server.ts';
import { AT, changeOf, clusterKey, commitWritten, createCluster } from '../conformance/samples.ts';
import type { DatabaseAddress } from '../database-address.ts';
import type { Store } from '../store.ts';
import { openDatabase } from './open.ts';
import { createPostgresStore } from './postgres-store.ts';
import { throwAwayDatabases } from './testing/throw-away-database.ts';

/** A store on the database that listens already, and how often it reported a commit since. */
async function listeningStore(address: DatabaseAddress): Promise<{ readonly store: Store; heard: number; untilHeard(): Promise<void> }> {
  const store = createPostgresStore(await openDatabase(address));
  onTestFinished(() => store.close());
  const untilHeard = () =>
    new Promise<void>((resolve) => {
      const end = store.onCommit(() => {
        end();
        resolve();
      });
    });
  await store.whenListening;
  const listening = { store, heard: 0, untilHeard };
  store.onCommit(() => {
    listening.heard += 1;
  });
  return listening;
}

const waking = (name: string) => ({ at: AT, writes: [], wake: [clusterKey(name)] });

describe.skipIf(!hasPostgres)(`commits of another process ${NEEDS_POSTGRES}`, () => {
  const databases = throwAwayDatabases();

  it('are reported once a transaction, however many changes it has, and once to the process that made it', async () => {
    const address = await databases.make();
    const [mine, theirs] = [await listeningStore(address), await listeningStore(address)];
    const isHeard = theirs.untilHeard();
    await Promise.all(Array.from({ length: 50 }, (_, index) => mine.store.commit(waking(`cluster-${index}`))));
    await isHeard;
    const again = theirs.untilHeard();
    await mine.store.commit(waking('last'));
    await again;
    expect([mine.heard, theirs.heard]).toEqual([51, 2]);
  });

  it('are not reported where they wake nothing and append no event', async () => {
    const address = await databases.make();
    const [mine, theirs] = [await listeningStore(address), await listeningStore(address)];
    await commitWritten(mine.store, changeOf(createCluster(clusterKey('silent'))));
    const isHeard = theirs.untilHeard();
    await mine.store.commit(waking('loud'));
    await isHeard;
    expect(theirs.heard).toBe(1);
  });

  it('are reported again after the connection that listens was lost, and one for what was missed', async () => {
    const address = await databases.make();
    const [mine, theirs] = [await listeningStore(address), await listeningStore(address)];
    const isBack = theirs.untilHeard();
    await databases.server.sql(address.database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'");
    await isBack;
    const isHeard = theirs.untilHeard();
    await mine.store.commit(waking('after'));
    await isHeard;
  });
});
