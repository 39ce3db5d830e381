import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { expect, it } from 'vitest';
import { createCallerLimits } from './caller-limits.ts';
import { createGuard } from './create-guard.ts';
import { limitsView } from './limits-view.ts';

it('shows every limit of the caller and what is left, and charges nothing', () => {
  const ports = { clock: createManualClock(), random: createSeededRandom(1) };
  const guard = createGuard({ ...ports, limits: { addresses: 1024 } });
  const policies = { key: { name: 'key', perSecond: 5, burst: 10, horizonMs: 60_000 }, tenantInFlight: { name: 'in-flight', most: 4 } };
  const callerLimits = createCallerLimits({ ...ports, policies, callers: 64 });
  const caller = { tenant: 'acme', key: 'ak-1' };
  const address = '2001:db8::1';
  for (let request = 0; request < 30; request += 1) guard.admit({ address });
  guard.reportAuthentication({ address, credential: 'wrong', isValid: false });
  callerLimits.admit(caller, 5);
  const look = () =>
    limitsView({ guard, address, callerLimits, caller }).items.map(({ name, quota, remaining }) => [name, quota, remaining]);
  const seen = [
    ['address', 100, 70],
    ['network', 1000, 970],
    ['looks', 100, 100],
    ['looks-network', 1000, 1000],
    ['authentication', 10, 9],
    ['key', 10, 5],
    ['in-flight', 4, 3],
  ];
  for (let time = 0; time < 50; time += 1) expect(look()).toEqual(seen);
});
