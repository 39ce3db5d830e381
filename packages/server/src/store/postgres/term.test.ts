import { describe, expect, it, onTestFinished } from 'vitest';
import { hasPostgres, NEEDS_POSTGRES } from '../../../../../conformance/postgres-server.ts';
import { AT, clusterKey } from '../conformance/samples.ts';
import type { DatabaseAddress } from '../database-address.ts';
import { openDatabase } from './open.ts';
import { createPostgresStore } from './postgres-store.ts';
import { throwAwayDatabases } from './testing/throw-away-database.ts';

async function storeAt(address: DatabaseAddress) {
  const store = createPostgresStore(await openDatabase(address));
  onTestFinished(() => store.close());
  return store;
}

const forever = () => new AbortController().signal;
const untilAborted = (signal: AbortSignal) => new Promise((resolve) => signal.addEventListener('abort', resolve));

describe.skipIf(!hasPostgres)(`a term ${NEEDS_POSTGRES}`, () => {
  const databases = throwAwayDatabases();

  it('is one process at a time: the next one begins when it ends, with every lease ended', async () => {
    const address = await databases.make();
    const [one, two] = [await storeAt(address), await storeAt(address)];
    const first = await one.beginTerm(forever());
    const order: string[] = [];
    const waiting = two.beginTerm(forever()).finally(() => order.push('begun'));
    await one.commit({ at: AT, writes: [], wake: [clusterKey('leased'), clusterKey('slept')] });
    const [leased, slept] = await one.leaseWork({ owner: 'one', leaseMs: 30_000, limit: 2 });
    if (slept) await one.finishWork(slept, { afterMs: 60_000 });
    order.push('ending');
    await first?.end();
    const second = await waiting;
    expect(order).toEqual(['ending', 'begun']);
    const [again, ...others] = await two.leaseWork({ owner: 'two', leaseMs: 30_000, limit: 2 });
    expect([again?.key, others]).toEqual([leased?.key, []]);
    expect(leased && (await one.finishWork(leased, 'done'))).toBe('lost');
    await second?.end();
  });

  it('is lost with its connection, and another one may begin', async () => {
    const address = await databases.make();
    const store = await storeAt(address);
    const term = await store.beginTerm(forever());
    const isLost = term && untilAborted(term.lost);
    await databases.server.sql(
      address.database,
      "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 3 AND granted",
    );
    await isLost;
    const next = await store.beginTerm(forever());
    expect(next?.lost.aborted).toBe(false);
    await next?.end();
    expect(next?.lost.aborted).toBe(false);
  });

  it('is not begun by a process that stops while it waits', async () => {
    const address = await databases.make();
    const [one, two] = [await storeAt(address), await storeAt(address)];
    const term = await one.beginTerm(forever());
    const stopping = new AbortController();
    const waiting = two.beginTerm(stopping.signal);
    stopping.abort('stopping');
    expect(await waiting).toBeUndefined();
    await term?.end();
  });
});
