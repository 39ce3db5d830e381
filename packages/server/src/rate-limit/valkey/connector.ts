import { isIP, createConnection as openPlain } from 'node:net';
import { connect as openEncrypted } from 'node:tls';
import { AbstractConnector } from 'iovalkey';
import type { ValkeyAddress } from '../valkey-address.ts';

/** Opens the connections of the client library to an address. */
export function connectorTo({ host, port, tls }: ValkeyAddress) {
  return class extends AbstractConnector {
    constructor() {
      super(DISCONNECT_MS);
    }

    override async connect() {
      this.connecting = true;
      const stream = tls ? openEncrypted({ host, port, servername: isIP(host) ? '' : host, ...tls }) : openPlain({ host, port });
      // NOTE: the library listens to the first error alone, and a socket can report another one, such as an alert after a certificate that is refused.
      stream.on('error', (error) => {
        this.firstError ??= error;
      });
      this.stream = stream;
      return stream;
    }
  };
}

/** How long a connection may take to end in good order. */
const DISCONNECT_MS = 1_000;
