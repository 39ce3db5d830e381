import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { createGuard, type GuardLimits, guardLimits } from './create-guard.ts';

function setUp(limits: Partial<GuardLimits> = {}) {
  const lines: { message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  const clock = createManualClock();
  const log = { warn: (fields: Readonly<Record<string, unknown>>, message: string) => void lines.push({ fields, message }) };
  const guard = createGuard({ clock, random: createSeededRandom(2), log, limits: { addresses: 4096, ...limits } });
  return { clock, guard, lines };
}

describe('operating the guard', () => {
  it('shows what is counted about an address, and forgives it', () => {
    const { guard } = setUp();
    for (let request = 0; request < 120; request += 1) guard.admit({ address: '192.0.2.1' });
    expect(guard.show('::ffff:192.0.2.1')).toEqual({
      group: '192.0.2.1',
      limits: [
        { name: 'address', scope: 'address', quota: 100, windowSeconds: 5, remaining: 0, resetSeconds: 1, isShadow: false },
        { name: 'looks', scope: 'address', quota: 100, windowSeconds: 5, remaining: 100, resetSeconds: 0, isShadow: false },
      ],
      authentication: { failures: 0, blockedForMs: 0 },
    });
    expect(guard.forgive('192.0.2.1')).toBe(true);
    expect(guard.admit({ address: '192.0.2.1' }).isAdmitted).toBe(true);
    expect(guard.forgive('192.0.2.9')).toBe(false);
  });

  it('forgives failed authentications', () => {
    const { guard } = setUp();
    const address = '2001:db8::1';
    for (let at = 0; at < 11; at += 1) guard.reportAuthentication({ address, credential: `wrong-${at}`, isValid: false });
    expect(guard.show(address).authentication.failures).toBe(11);
    const isRefused = () => guard.reportAuthentication({ address, credential: 'other', isValid: false }) !== undefined;
    expect(isRefused()).toBe(true);
    expect(guard.forgive(address)).toBe(true);
    expect(isRefused()).toBe(false);
  });

  it('writes one line per episode of refusals, and at most ten a second', async () => {
    const { clock, guard, lines } = setUp();
    for (let request = 0; request < 200; request += 1) guard.admit({ address: '192.0.2.1' });
    expect(lines).toEqual([{ message: 'limit reached', fields: { address: '192.0.2.1', policy: 'address', retryAfterSeconds: 1 } }]);
    for (let host = 0; host < 50; host += 1)
      for (let request = 0; request < 101; request += 1) guard.admit({ address: `198.51.100.${host}` });
    expect(lines).toHaveLength(10);
    await clock.advance(60_000);
    for (let request = 0; request < 101; request += 1) guard.admit({ address: '192.0.2.1' });
    expect(lines).toHaveLength(11);
    expect(lines[10]?.fields.unwritten).toBe(41);
  });

  it('counts and lets through what a watched policy would refuse', () => {
    const { guard } = setUp({ address: { ...guardLimits().address, isShadow: true } });
    for (let request = 0; request < 150; request += 1)
      expect(guard.admit({ address: '192.0.2.1' })).toEqual({ isAdmitted: true, headers: {} });
    expect(guard.metrics).toMatchObject({ allowed: 150, denied: { address: 0 }, shadowDenied: { address: 50, network: 0 } });
  });

  it('warns when all clients seem to be one address', async () => {
    const { clock, guard, lines } = setUp();
    const collapsed = () => lines.filter((line) => line.message.includes('one address')).length;
    for (let request = 0; request < 8192; request += 1) {
      guard.admit({ address: `192.0.${(request >> 4) % 250}.1`, credential: `kupe_${request % 97}` });
      if (request % 64 === 0) await clock.advance(100);
    }
    for (let request = 0; request < 8192; request += 1) guard.admit({ address: '192.0.2.1', credential: 'kupe_only_one' });
    expect(collapsed()).toBe(0);
    for (let request = 0; request < 8192; request += 1) guard.admit({ address: '192.0.2.1', credential: `kupe_${request % 97}` });
    expect(collapsed()).toBeGreaterThan(0);
  });

  it('counts what it did, by policy, and how full its tables are', () => {
    const { guard } = setUp();
    for (let request = 0; request < 120; request += 1) guard.admit({ address: '192.0.2.1' });
    // Twelve homes in one /48: none is over its own limit, and after ten the network is over its.
    for (let home = 0; home < 12; home += 1)
      for (let request = 0; request < 100; request += 1) guard.admit({ address: `2001:db8:0:${home}::1` });
    const fail = (at: number) => guard.reportAuthentication({ address: '192.0.2.9', credential: `wrong-${at}`, isValid: false });
    for (let at = 0; at < 11; at += 1) expect(fail(at)).toBeUndefined();
    expect(fail(11)).toMatchObject({ limit: 'authentication' });
    const { tableLoad, ...counted } = guard.metrics;
    expect(counted).toEqual({
      allowed: 1100,
      denied: { address: 20, network: 200, authentication: 1, looks: 0 },
      nearLimit: 380,
      shadowDenied: { address: 0, network: 0 },
      authenticationFailures: 11,
      limited: { address: 11, network: 1 },
      evictions: { address: 0, network: 0, failures: 0 },
      overflows: { address: 0, network: 0, failures: 0 },
    });
    expect(tableLoad.address).toBe(11 / 4096);
    expect(guard.bytes).toBeLessThan(1_000_000);
  });
});
