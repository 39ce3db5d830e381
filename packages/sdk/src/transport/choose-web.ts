import { createFetchTransport } from './fetch.ts';
import type { Transport } from './transport.ts';
import type { TransportOptions } from './transport-options.ts';

/**
 * The transport for everything that is not Node, found through the `#transport` import condition. Throws a TypeError for options, which
 * `fetch` has no way to follow.
 */
export function createTransport({ proxy, ca }: TransportOptions = {}): Transport {
  if (proxy === undefined && ca === undefined) return createFetchTransport();
  throw new TypeError('proxy and ca work in Node only');
}
