import { isIP } from 'node:net';
import { invalidRequest } from '../errors/refusal.ts';
import { change, PLATFORM_AUDIT } from './change.ts';
import type { OperatorCall, OperatorRoute } from './operator-route.ts';

function addressOf({ params }: OperatorCall): string {
  const { address = '' } = params;
  if (isIP(address) === 0) throw invalidRequest(`address must be an IPv4 or IPv6 address, not ${JSON.stringify(address.slice(0, 80))}`);
  return address;
}

/** What the guard of this process counts about an address, and how to make it forget. */
export const OPERATOR_LIMIT_ROUTES: readonly OperatorRoute[] = [
  {
    id: 'operator.limits.show',
    method: 'GET',
    path: '/limits/{address}',
    status: 200,
    run: async (call, { guard }) => guard.show(addressOf(call)),
  },
  {
    id: 'operator.limits.forgive',
    method: 'DELETE',
    path: '/limits/{address}',
    status: 200,
    async run(call, ports) {
      const address = addressOf(call);
      await change(call, ports, async () => ({ tenant: PLATFORM_AUDIT, target: `limits/${address}`, writes: [] }));
      return { wasKnown: ports.guard.forgive(address), ...ports.guard.show(address) };
    },
  },
];
