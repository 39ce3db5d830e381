import { isIP } from 'node:net';
import { invalidRequest } from '../errors/refusal.ts';
import { addressGroup, formatAddressGroup } from '../http/client-address/address-group.ts';
import { change, PLATFORM_AUDIT } from './change.ts';
import type { OperatorCall, OperatorPorts, OperatorRoute } from './operator-route.ts';

function addressOf({ params }: OperatorCall): string {
  const { address = '' } = params;
  if (isIP(address) === 0) throw invalidRequest(`address must be an IPv4 or IPv6 address, not ${JSON.stringify(address.slice(0, 80))}`);
  return address;
}

/** What is counted about an address now: its limits, and its failed authentications. */
async function countedAbout(address: string, { addressLimit, authBackoff }: OperatorPorts) {
  const group = formatAddressGroup(addressGroup(address));
  return { group, limits: await addressLimit.show(address), authentication: authBackoff.state(address) };
}

/** Shows what this process counts about an address, and forgets it. */
export const OPERATOR_LIMIT_ROUTES: readonly OperatorRoute[] = [
  {
    id: 'operator.limits.show',
    method: 'GET',
    path: '/limits/{address}',
    status: 200,
    run: async (call, ports) => countedAbout(addressOf(call), ports),
  },
  {
    id: 'operator.limits.forgive',
    method: 'DELETE',
    path: '/limits/{address}',
    status: 200,
    async run(call, ports) {
      const address = addressOf(call);
      await change(call, ports, async () => ({ tenant: PLATFORM_AUDIT, target: `limits/${address}`, writes: [], shown: undefined }));
      const wasKnown = [await ports.addressLimit.forgive(address), ports.authBackoff.forgive(address)].includes(true);
      return { wasKnown, ...(await countedAbout(address, ports)) };
    },
  },
];
