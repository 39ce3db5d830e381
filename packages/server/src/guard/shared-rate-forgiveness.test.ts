import { describe, expect, it } from 'vitest';
import { away, createSharedNodes, present, slow } from './testing/shared-nodes.ts';

describe('an address that is forgiven', () => {
  it('is forgiven at every node, for good', async () => {
    const { clock, guards, everyone, take } = createSharedNodes({ nodes: 3 });
    await everyone();
    await everyone();
    // Ten seconds of debt that all three know of.
    expect([take(0, 150), take(1, 150), take(2, 150)]).toEqual([100, 100, 100]);
    await everyone();
    await everyone();
    guards[1]?.forgive('192.0.2.1');
    expect(take(1, 1)).toBe(1);
    for (let round = 0; round < 3; round += 1) {
      await clock.advance(20);
      await everyone();
    }
    expect(take(0, 99)).toBe(99);
    // From then on it is counted as ever.
    await everyone();
    expect([take(0, 20), take(2, 1)]).toEqual([1, 1]);
    await everyone();
    expect([take(0, 20), take(2, 20)]).toEqual([0, 0]);
  });

  it('is forgiven although another node tells at the same moment what it knows', async () => {
    const { clock, guards, everyone, disturb, take } = createSharedNodes({ nodes: 2 });
    await everyone();
    await everyone();
    expect([take(0, 100), take(1, 100)]).toEqual([100, 100]);
    await everyone();
    await everyone();
    guards[0]?.forgive('192.0.2.1');
    // The other node asked before the forgiveness came to the store, and is executed after it.
    let go = () => {};
    disturb((exchange) => async (telling) => {
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      return exchange(telling);
    });
    await clock.advance(600);
    const asked = guards[1]?.sharing?.exchange();
    disturb(present);
    await guards[0]?.sharing?.exchange();
    go();
    await asked;
    await everyone();
    expect(take(1, 100)).toBe(100);
  });

  it('stays forgiven when the answer to what it spent before comes in afterwards', async () => {
    const { clock, guard, disturb, take, everyone } = createSharedNodes();
    await everyone();
    disturb(slow(clock, 10));
    expect(take(0, 100)).toBe(100);
    const asked = guard.sharing?.exchange();
    await clock.advance(5);
    guard.forgive('192.0.2.1');
    await clock.advance(20);
    await asked;
    expect(take(0, 100)).toBe(100);
  });

  it('while the store is away is forgiven everywhere when it is back', async () => {
    const { clock, guards, everyone, disturb, take } = createSharedNodes({ nodes: 2 });
    await everyone();
    await everyone();
    expect([take(0, 100), take(1, 100)]).toEqual([100, 100]);
    await everyone();
    await everyone();
    disturb(away);
    await everyone();
    guards[0]?.forgive('192.0.2.1');
    await clock.advance(100);
    await everyone();
    disturb(present);
    await everyone();
    await everyone();
    expect(take(1, 50)).toBe(50);
  });

  it('is forgiven its failures at every node too', async () => {
    const { guards, everyone } = createSharedNodes({ nodes: 2 });
    const address = '2001:db8::1';
    await everyone();
    for (let at = 0; at < 11; at += 1) guards[1]?.reportAuthentication({ address, credential: `wrong-${at}`, isValid: false });
    const refused = () => guards[1]?.reportAuthentication({ address, credential: 'other', isValid: false });
    expect(refused()).toMatchObject({ limit: 'authentication' });
    // This server has never seen the address.
    expect(guards[0]?.forgive(address)).toBe(false);
    await everyone();
    expect(refused()).toBeUndefined();
  });
});
