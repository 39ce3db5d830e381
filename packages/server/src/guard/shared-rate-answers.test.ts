import { describe, expect, it } from 'vitest';
import { guardLimits } from './create-guard.ts';
import type { SharedAnswer } from './shared-store.ts';
import { createSharedNodes, present, slow } from './testing/shared-nodes.ts';

describe('the way to the store', () => {
  it.each([
    [0.5, 0.5],
    [5, 5],
    [25, 25],
    [100, 100],
    [0, 50],
  ])('of %d to %d ms costs nobody quota', async (leastMs, mostMs) => {
    const { clock, guard, disturb, take } = createSharedNodes();
    disturb(slow(clock, leastMs, mostMs));
    const stopping = new AbortController();
    const running = guard.sharing?.run(stopping.signal);
    await clock.advance(2000);
    // All of the limit, after the burst.
    take(0, 100);
    let admitted = 0;
    for (let at = 0; at < 200; at += 1) {
      await clock.advance(50);
      admitted += take(0, 1);
    }
    expect(guard.sharing?.state).toBe('shared');
    expect(admitted).toBeGreaterThanOrEqual(198);
    stopping.abort();
    await clock.advance(1000);
    await running;
  });

  it('hides from no node what others spent meanwhile', async () => {
    const { clock, guards, everyone, disturb, take } = createSharedNodes({ nodes: 2 });
    await everyone();
    expect(take(0, 100)).toBe(100);
    await everyone();
    disturb(slow(clock, 10));
    expect(take(1, 1)).toBe(1);
    const asked = guards[1]?.sharing?.exchange();
    expect(take(1, 10)).toBe(10);
    await clock.advance(30);
    await asked;
    expect(take(1, 100)).toBe(0);
  });
});

describe('a store that answers something else', () => {
  const good: SharedAnswer = { nowMs: 0, isLate: false, nodes: 1, aheadMs: [1000], forgiven: [], heardMs: 0 };
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['an empty object', {}],
    ['too few numbers', { ...good, aheadMs: [] }],
    ['too many numbers', { ...good, aheadMs: [1, 2] }],
    ['no number', { ...good, aheadMs: [Number.NaN] }],
    ['a text', { ...good, aheadMs: ['1000'] }],
    ['forever', { ...good, aheadMs: [Number.POSITIVE_INFINITY] }],
    ['no count of servers', { ...good, nodes: Number.NaN }],
    ['a billion servers', { ...good, nodes: 1e9 }],
    ['no server at all', { ...good, nodes: 0 }],
    ['no time', { ...good, nowMs: Number.NaN }],
    ['no list of the forgiven', { ...good, forgiven: undefined }],
    ['forgiven numbers', { ...good, forgiven: [1] }],
    ['that it is always late', { ...good, isLate: true }],
  ])('%s: counts as away, and changes nothing', async (_what, answer) => {
    const { clock, guard, lines, everyone, disturb, take } = createSharedNodes();
    await everyone();
    expect(take(0, 150)).toBe(100);
    disturb(() => async () => answer as never);
    for (let probe = 0; probe < 5; probe += 1) await everyone();
    expect(guard.sharing?.state).toBe('local-share');
    expect(lines).toHaveLength(2);
    expect(lines[1]?.fields.reason).toMatch(/shared store|late|undefined/);
    const refused = guard.admit({ address: '192.0.2.1' });
    expect(refused).toMatchObject({ isAdmitted: false, headers: { ratelimit: '"address";r=0;t=1' } });
    disturb(present);
    await clock.advance(1000);
    await everyone();
    expect(guard.sharing?.state).toBe('shared');
    expect(take(0, 150)).toBe(20);
  });

  it('a day ahead, or something that is no address: no more than every server’s whole bucket', async () => {
    const { clock, guard, everyone, disturb, take } = createSharedNodes();
    await everyone();
    take(0, 1);
    disturb(() => async (telling) => ({
      ...good,
      nowMs: clock.monotonic(),
      nodes: 2,
      aheadMs: telling.spendings.map(() => 86_400_000),
      forgiven: ['192.0.2.1/64', '', 'x'.repeat(10_000)],
    }));
    await everyone();
    expect(Number(guard.admit({ address: '192.0.2.1' }).headers['retry-after'])).toBeLessThanOrEqual(6);
  });

  it('never ends the loop', async () => {
    const { clock, guard, disturb } = createSharedNodes();
    disturb(() => () => {
      throw new TypeError('thrown, not rejected');
    });
    const stopping = new AbortController();
    const running = guard.sharing?.run(stopping.signal);
    await clock.advance(5000);
    expect(guard.sharing?.counters.failures).toBeGreaterThan(4);
    disturb(present);
    await clock.advance(2000);
    expect(guard.sharing?.state).toBe('shared');
    stopping.abort();
    await expect(running).resolves.toBeUndefined();
  });
});

describe('a limit that is only watched', () => {
  it('counts the same with a store as without', async () => {
    const { clock, guard, everyone, take } = createSharedNodes({ limits: { address: { ...guardLimits().address, isShadow: true } } });
    await everyone();
    for (let tenth = 0; tenth < 600; tenth += 1) {
      expect(take(0, 4)).toBe(4);
      await clock.advance(100);
      await everyone();
    }
    // Forty a second at a limit of twenty, after a burst of a hundred.
    expect(guard.metrics.shadowDenied.address).toBeGreaterThan(1050);
    expect(guard.metrics.shadowDenied.address).toBeLessThan(1150);
  });
});
