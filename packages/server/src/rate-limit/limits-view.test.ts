import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { expect, it } from 'vitest';
import { AuthBackoff } from '../auth/backoff/auth-backoff.ts';
import { AddressLimit } from './address-limit.ts';
import { CallerLimits } from './caller-limits.ts';
import { limitsView } from './limits-view.ts';

it('shows every limit of the caller and what is left, and charges nothing', () => {
  const ports = { clock: createManualClock(), random: createSeededRandom(1) };
  const addressLimit = new AddressLimit({
    ...ports,
    address: { name: 'address', perSecond: 20, burst: 100, horizonMs: 60_000 },
    addresses: 1024,
  });
  const authBackoff = new AuthBackoff({ ...ports, entries: 64 });
  const policies = { key: { name: 'key', perSecond: 5, burst: 10, horizonMs: 60_000 }, tenantInFlight: { name: 'in-flight', most: 4 } };
  const callerLimits = new CallerLimits({ ...ports, policies, callers: 64 });
  const caller = { tenant: 'acme', key: 'ak-1' };
  const address = '2001:db8::1';
  for (let request = 0; request < 30; request += 1) addressLimit.admit({ address, method: 'GET', target: '/' });
  authBackoff.fail(address);
  callerLimits.admit(caller, { cost: 5, name: 'PATCH /' });
  const read = () =>
    limitsView({ addressLimit, authBackoff, address, callerLimits, caller }).items.map(({ name, quota, remaining }) => [
      name,
      quota,
      remaining,
    ]);
  const seen = [
    ['address', 100, 70],
    ['network', 1000, 970],
    ['authentication', 5, 4],
    ['key', 10, 5],
    ['in-flight', 4, 3],
  ];
  for (let time = 0; time < 50; time += 1) expect(read()).toEqual(seen);
});
