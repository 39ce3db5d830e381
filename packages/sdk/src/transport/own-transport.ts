import { createTransport as create } from '#transport';
import type { Transport } from './transport.ts';
import type { TransportOptions } from './transport-options.ts';

/**
 * The transport that a client takes when it is given none: Node's own HTTP client there, `fetch` everywhere else. Throws
 * a TypeError for a proxy or a CA that makes no sense, or that is given outside of Node.
 *
 * @example
 * const own = createTransport();
 * const traced = createClient({
 *   host: 'https://api.kupe.cloud',
 *   tenant: 'acme',
 *   apiKey: process.env.KUPE_API_KEY ?? '',
 *   transport: { ...own, send: (request) => own.send({ ...request, headers: { ...request.headers, traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' } }) },
 * });
 * await traced.plans.list();
 */
export function createTransport(options: TransportOptions = {}): Transport {
  return create(options);
}
