import { createTransport as create } from '#transport';
import type { Transport } from './transport.ts';

/** The transport that a client takes when it is given none: Node's own HTTP client there, `fetch` everywhere else. */
export function createTransport(): Transport {
  return create();
}
