import { describe, expect, it } from 'vitest';
import { createExchangeMirror } from './testing/exchange-mirror.ts';
import { away, createSharedNodes, deaf, present } from './testing/shared-nodes.ts';

const addressOf = (n: number) => `10.0.${n >> 8}.${n & 255}`;

describe('after the store was away', () => {
  it('owes no address what has come back meanwhile, however many there are', async () => {
    const { clock, guard, everyone, disturb, take } = createSharedNodes();
    await everyone();
    disturb(away);
    await everyone();
    for (let second = 0; second < 60; second += 1) {
      for (let n = 0; n < 1200; n += 1) expect(take(0, 4, addressOf(n))).toBe(4);
      await clock.advance(1000);
    }
    disturb(present);
    await everyone();
    expect(guard.sharing?.state).toBe('shared');
    for (let n = 0; n < 1200; n += 1) expect(take(0, 4, addressOf(n))).toBe(4);
  });

  it('is shared again only when it has been told everything', async () => {
    const { guard, everyone, disturb, take } = createSharedNodes();
    await everyone();
    disturb(away);
    for (let n = 0; n < 600; n += 1) take(0, 1, addressOf(n));
    await everyone();
    const states: unknown[] = [];
    disturb((exchange) => (telling) => {
      states.push(guard.sharing?.state);
      return exchange(telling);
    });
    await everyone();
    expect([...states, guard.sharing?.state]).toEqual(['local-share', 'local-share', 'shared']);
  });

  it('has counted once what it executed without being able to answer, and was told again', async () => {
    const { clock, everyone, disturb, take } = createSharedNodes();
    await everyone();
    expect(take(0, 50)).toBe(50);
    disturb(deaf);
    for (let probe = 0; probe < 10; probe += 1) {
      await everyone();
      await clock.advance(5);
    }
    disturb(present);
    await everyone();
    expect(take(0, 60)).toBe(51);
  });

  it('has counted an absence once, of whose every probe the answer was lost', async () => {
    const { clock, everyone, disturb, take, retryAfter } = createSharedNodes();
    await everyone();
    disturb(deaf);
    for (let tenth = 0; tenth < 300; tenth += 1) {
      take(0, 3);
      await clock.advance(100);
      if (tenth % 10 === 0) await everyone();
    }
    disturb(present);
    await everyone();
    expect(retryAfter()).toBeLessThanOrEqual(1);
  });

  it('counts nothing of what it executes too late', async () => {
    const { clock, everyone, disturb, take } = createSharedNodes();
    await everyone();
    const late: (() => Promise<unknown>)[] = [];
    disturb((exchange) => (telling) => {
      late.push(() => exchange(telling));
      return Promise.reject(new Error('not yet'));
    });
    take(0, 100);
    await everyone();
    await clock.advance(30_000);
    for (const execute of late) await execute();
    disturb(present);
    await everyone();
    expect(take(0, 100)).toBe(100);
  });

  it.each([
    [3, 0],
    [7, 40],
    [11, 100],
  ])('hears of what several nodes gave away just before: after %i seconds there are %i left', async (seconds, left) => {
    const { clock, everyone, disturb, take } = createSharedNodes({ nodes: 2 });
    await everyone();
    await everyone();
    // Ten seconds' quota.
    expect([take(0, 100), take(1, 100)]).toEqual([100, 100]);
    disturb(away);
    for (let second = 0; second < seconds; second += 1) {
      await everyone();
      await clock.advance(1000);
    }
    disturb(present);
    await everyone();
    await clock.advance(0);
    await everyone();
    expect(take(1, 200)).toBe(left);
  });

  it('hears of it although they went on with their shares for half a minute', async () => {
    const { clock, everyone, disturb, take } = createSharedNodes({ nodes: 2 });
    await everyone();
    await everyone();
    expect([take(0, 100), take(1, 100)]).toEqual([100, 100]);
    disturb(away);
    await everyone();
    // Each goes on with half the rate, so what both gave away is still owed.
    for (let tenth = 0; tenth < 300; tenth += 1) {
      await clock.advance(100);
      take(0, 3);
      take(1, 3);
    }
    disturb(present);
    await everyone();
    await everyone();
    expect([take(0, 100), take(1, 100)]).toEqual([0, 0]);
    await clock.advance(5100);
    await everyone();
    expect(take(0, 100)).toBeLessThanOrEqual(3);
  });

  it('is taught what found no room to wait', async () => {
    const { clock, guard, everyone, disturb, take } = createSharedNodes({ limits: { addresses: 65_536 } });
    await everyone();
    disturb(away);
    await everyone();
    for (let n = 0; n < 20_000; n += 1) take(0, 1, `10.1.${n >> 8}.${n & 255}`);
    expect(take(0, 200)).toBe(100);
    expect(guard.sharing?.counters.untold).toBe(100);
    disturb(present);
    await clock.advance(100);
    await everyone();
    expect(take(0, 100)).toBe(2);
    await everyone();
    expect(take(0, 100)).toBe(0);
  });

  it('knows another time: a store that took its place counts from the first exchange on', async () => {
    const { clock, everyone, disturb, take, retryAfter } = createSharedNodes();
    await everyone();
    const other = createExchangeMirror();
    expect(take(0, 100)).toBe(100);
    for (const aheadMs of [3_600_000, -7_200_000]) {
      disturb(() => async (telling) => other.run(telling, clock.monotonic() + aheadMs));
      await everyone();
      expect(take(0, 1)).toBe(0);
      expect(retryAfter()).toBeLessThanOrEqual(5);
      await clock.advance(1000);
      await everyone();
      expect(take(0, 100)).toBe(20);
    }
  });

  it('is written to the log at once, once, and when it is back; one that comes and goes not more often than once a minute', async () => {
    const { clock, lines, everyone, disturb } = createSharedNodes({ servers: 3 });
    await everyone();
    for (let second = 0; second < 50; second += 1) {
      disturb(second % 10 < 8 ? away : present);
      await everyone();
      await clock.advance(1000);
    }
    const lost = { reason: 'connect ECONNREFUSED', servers: 3 };
    expect(lines).toEqual([
      { fields: lost, message: 'the shared store of limits is not usable; each server enforces its share' },
      { fields: {}, message: 'the shared store of limits is usable again' },
    ]);
    await clock.advance(10_000);
    disturb(away);
    await everyone();
    expect(lines[2]?.fields).toEqual(lost);
  });

  it('is written to the log at the start only when it is certain', async () => {
    const { lines, everyone, disturb } = createSharedNodes();
    disturb(away);
    await everyone();
    await everyone();
    expect(lines).toEqual([]);
    await everyone();
    expect(lines).toHaveLength(1);
  });
});

describe('the number of servers that the operator expects', () => {
  it.each([
    [undefined, 400],
    [4, 100],
    [8, 48],
  ])('%s: four that start while the store is away admit %i at once', async (servers, admitted) => {
    const { guards, everyone, disturb, take } = createSharedNodes({ nodes: 4, ...(servers ? { servers } : {}) });
    disturb(away);
    expect(guards.reduce((sum, _guard, node) => sum + take(node, 60, 'fe80::1'), 0)).toBe(Math.min(240, admitted));
    await everyone();
    expect(guards.reduce((sum, _guard, node) => sum + take(node, 200), 0)).toBe(admitted);
  });

  it('holds again when the store is lost before all have come back', async () => {
    const { guard, everyone, disturb, take } = createSharedNodes({ servers: 4 });
    await everyone();
    expect(guard.sharing?.nodes).toBe(1);
    expect(guard.admit({ address: '198.51.100.1' }).isAdmitted).toBe(true);
    disturb(away);
    await everyone();
    expect(take(0, 200)).toBe(25);
  });

  it('is not needed after a store that was emptied: the nodes it had counted are believed for ten seconds', async () => {
    const { clock, everyone, disturb, take, guard } = createSharedNodes({ nodes: 4 });
    await everyone();
    await everyone();
    const emptied = createExchangeMirror();
    disturb(() => async (telling) => emptied.run(telling, clock.monotonic()));
    await guard.sharing?.exchange();
    disturb(away);
    await guard.sharing?.exchange();
    expect(take(0, 200)).toBe(25);
    disturb(() => async (telling) => emptied.run(telling, clock.monotonic()));
    await clock.advance(20_000);
    await guard.sharing?.exchange();
    disturb(away);
    await guard.sharing?.exchange();
    expect(take(0, 200, '192.0.2.2')).toBe(100);
  });
});
