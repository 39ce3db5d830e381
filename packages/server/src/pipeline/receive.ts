import { clientAddress } from '../http/client-address/client-address.ts';
import type { Exchange, IncomingRequest } from './exchange.ts';
import type { Ports } from './ports.ts';

const SANE_REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{7,63}$/;
const REQUEST_ID_BYTES = 10;

/** A request id of our own: `req-` and 20 hexadecimal digits. */
export function newRequestId(random: Ports['random']): string {
  return `req-${Buffer.from(random.bytes(REQUEST_ID_BYTES)).toString('hex')}`;
}

function bearerToken(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}

/** Stage 1. Gives the request an id (its own, if it brought a sane one) and an address, believing forwarding headers of trusted proxies only. */
export function receive(request: IncomingRequest, ports: Ports): Exchange {
  const sent = request.headers['x-request-id'];
  const requestId = sent && SANE_REQUEST_ID.test(sent) ? sent : newRequestId(ports.random);
  const { socketAddress, headers } = request;
  const { trustedProxies, forwardingHeader } = ports;
  return {
    request,
    requestId,
    clientAddress: clientAddress({ socketAddress, headers, trustedProxies, forwardingHeader }),
    credential: bearerToken(request.headers.authorization),
    receivedAt: ports.clock.monotonic(),
    progress: { headers: {}, executed: 'no' },
  };
}
