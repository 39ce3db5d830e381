import { describe, expect, it } from 'vitest';
import type { AddressRateLimit, AddressRequest } from '../address-limit.ts';
import { VERIFY_FIRST } from '../address-limit.ts';
import type { Admission } from '../admission.ts';
import type { RateLimit } from '../gcra.ts';

/** So slow that nothing comes back while a test runs, whichever clock counts. */
const SLOW: RateLimit = { name: 'address', perSecond: 0.5, burst: 50, horizonMs: 60_000 };
const POLICY = '"address";q=50;w=100';

/** What every limit per address does, of one process or shared. `make` gives one with nothing counted about any address. */
export function describeAddressLimit(title: string, make: (limit: RateLimit) => Promise<AddressRateLimit>): void {
  async function setUp(rate: Partial<RateLimit> = {}) {
    const limit = await make({ ...SLOW, ...rate });
    const ask = async (address: string, request: Partial<AddressRequest> = {}): Promise<Admission> =>
      limit.admit({ address, method: 'GET', target: '/x', ...request });
    const spend = async (address: string, requests = SLOW.burst) => {
      for (let request = 0; request < requests; request += 1) await ask(address, { target: `/spend/${request}` });
    };
    return { limit, ask, spend };
  }

  describe(title, () => {
    it('admits the burst, then refuses with Retry-After, and says nothing far from the limit', async () => {
      const { ask, spend } = await setUp();
      expect((await ask('192.0.2.1')).headers).toEqual({});
      await spend('192.0.2.1', 39);
      const near = await ask('192.0.2.1');
      expect(near).toMatchObject({ isAdmitted: true, headers: { 'ratelimit-policy': POLICY } });
      expect(near.headers.ratelimit).toMatch(/^"address";r=9;t=[12]$/);
      await spend('192.0.2.1', 9);
      const refused = await ask('192.0.2.1');
      expect(refused).toMatchObject({ isAdmitted: false, limit: 'address', policy: 'address' });
      expect(refused.headers).toMatchObject({ 'retry-after': '2', ratelimit: '"address";r=0;t=2', 'ratelimit-policy': POLICY });
      expect((await ask('192.0.2.2')).isAdmitted).toBe(true);
    });

    it('gives every refused request a moment of its own, with a promise or without', async () => {
      const { ask, spend } = await setUp();
      await spend('192.0.2.1');
      const waits: number[] = [];
      for (let at = 0; at < 20; at += 1) waits.push(Number((await ask('192.0.2.1', { target: `/${at}` })).headers['retry-after']));
      expect(Math.min(...waits)).toBe(2);
      // Processes do not know of each other's waits without a promise: two of them may give the same moment.
      for (const wait of waits) expect(waits.filter((other) => other === wait).length).toBeLessThanOrEqual(2);
    });

    it('reserves slots for what cannot be mistaken: by credential, method, target and mark, of a flow of its own', async () => {
      const { limit, ask, spend } = await setUp({ perSecond: 5 });
      for (const credential of ['kupe_a', 'kupe_b']) limit.noteCredential('192.0.2.1', credential, true);
      await spend('192.0.2.1', 60);
      const kinds: Partial<AddressRequest>[] = [
        { credential: 'kupe_a', method: 'GET', target: '/one' },
        { credential: 'kupe_b', method: 'GET', target: '/one' },
        { credential: 'kupe_a', method: 'DELETE', target: '/one' },
        { credential: 'kupe_a', method: 'GET', target: '/two' },
        { credential: 'kupe_b', method: 'POST', target: '/one', mark: '1' },
        { credential: 'kupe_b', method: 'POST', target: '/one', mark: '2' },
      ];
      for (const kind of kinds) expect(await ask('192.0.2.1', kind)).toMatchObject({ isReserved: true });
      expect(await ask('192.0.2.1', kinds[0])).toMatchObject({ isAdmitted: false, isReserved: false });
      for (const credential of ['kupe_forged', undefined])
        expect(await ask('192.0.2.1', { credential, target: '/three' })).toMatchObject({ isAdmitted: false, isReserved: false });
      expect(await ask('192.0.2.1', { credential: 'kupe_a', target: '/list', isCommon: true })).toMatchObject({ isReserved: false });
    });

    it('counts one /64 as one client, and a /48 more loosely', async () => {
      const { ask } = await setUp();
      for (let request = 0; request < 50; request += 1) expect((await ask(`2001:db8:1:1::${request.toString(16)}`)).isAdmitted).toBe(true);
      expect((await ask('2001:db8:1:1::ffff')).isAdmitted).toBe(false);
      let admitted = 50;
      for (let subnet = 2; subnet < 500; subnet += 1) if ((await ask(`2001:db8:1:${subnet.toString(16)}::1`)).isAdmitted) admitted += 1;
      expect(admitted).toBeGreaterThanOrEqual(500);
      expect(admitted).toBeLessThan(525);
      expect(await ask('2001:db8:1:ffff::1')).toMatchObject({ isAdmitted: false, policy: 'network', isReserved: false });
      expect((await ask('2001:db8:2::1')).isAdmitted).toBe(true);
    });

    it('folds an IPv4 address however it is spelled', async () => {
      const { ask } = await setUp();
      for (let request = 0; request < 50; request += 1) await ask(request % 2 ? '192.0.2.1' : '::ffff:c000:201');
      expect((await ask('::ffff:192.0.2.1')).isAdmitted).toBe(false);
    });

    it('has a key verified first that would be refused and was not seen there before', async () => {
      const { limit, ask, spend } = await setUp({ perSecond: 5 });
      await spend('192.0.2.1', 60);
      expect(await ask('192.0.2.1', { credential: 'kupe_new', isVerifiable: true })).toBe(VERIFY_FIRST);
      limit.noteCredential('192.0.2.1', 'kupe_new', true);
      expect(await ask('192.0.2.1', { credential: 'kupe_new', isVerifiable: true })).toMatchObject({ isAdmitted: false });
      expect(await ask('192.0.2.1', { credential: 'kupe_new', isVerifiable: true })).not.toBe(VERIFY_FIRST);
    });

    it('gives back what a read of the limits cost, shows what is left, and forgives', async () => {
      const { limit, ask, spend } = await setUp();
      const left = async () => (await limit.show('2001:db8::1')).map(({ name, remaining, quota }) => [name, remaining, quota]);
      await spend('2001:db8::1', 20);
      expect(await left()).toEqual([
        ['address', 30, 50],
        ['network', 480, 500],
      ]);
      for (let read = 0; read < 20; read += 1) await limit.refund('2001:db8::1');
      expect((await left())[0]).toEqual(['address', 50, 50]);
      await spend('192.0.2.1', 60);
      expect(await limit.forgive('192.0.2.1')).toBe(true);
      // A process that has refused the address itself asks the store again within a second.
      await expect.poll(async () => (await ask('192.0.2.1')).isAdmitted, { timeout: 5_000 }).toBe(true);
      expect(await limit.forgive('192.0.2.9')).toBe(false);
    });

    it('counts and lets through what a watched limit would refuse', async () => {
      const { limit, ask } = await setUp({ isShadow: true });
      for (let request = 0; request < 70; request += 1) expect(await ask('192.0.2.1')).toEqual({ isAdmitted: true, headers: {} });
      const { denied, shadowDenied } = limit.metrics;
      expect(denied).toEqual({ address: 0, network: 0 });
      expect(shadowDenied.address).toBeGreaterThanOrEqual(15);
    });
  });
}
