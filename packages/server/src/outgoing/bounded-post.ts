import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isInternalHost } from './internal-host.ts';
import type { ResolveHost } from './resolve-host.ts';

/** A POST to an address that a tenant chose. */
export interface BoundedPost {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Aborts the request, at any time. */
  readonly signal: AbortSignal;
  /** Whether the address may be inside a network. */
  readonly mayBeInternal: boolean;
  readonly resolve: ResolveHost;
}

/** What is read of the answer. */
export interface PostAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/** The name leads to an address that is not on the internet; nothing was sent. */
export class InternalAddressError extends Error {
  override readonly name = 'InternalAddressError';
}

/** Of a body only so much is read, and thrown away, so that the receiver can end its answer. In bytes. */
const MOST_ANSWER_BYTES = 16 * 1024;
const MOST_HEADER_BYTES = 16 * 1024;
/** Answers before the answer (1xx), of which a receiver could send as many as fit into the time. */
const MOST_INTERIM_ANSWERS = 16;

/** Hands out the addresses that were checked, so that the connection leads to one of them, whatever the name resolves to by then. */
const pinned =
  (addresses: readonly string[]): LookupFunction =>
  (_hostname, { all }, done) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    if (all) done(null, found);
    else done(null, found[0]?.address ?? '', found[0]?.family);
  };

async function addressesOf({ url, mayBeInternal, resolve, signal }: BoundedPost): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) === 0 ? await resolve(host, signal) : [host];
  signal.throwIfAborted();
  if (!mayBeInternal && (isInternalHost(host) || addresses.some(isInternalHost)))
    throw new InternalAddressError('it leads to an internal address');
  return addresses;
}

/**
 * POSTs to an address that was given by a tenant (SSRF): the addresses of its name are checked and the connection is made to those and no
 * other; no redirect is followed, no proxy is used and no connection is kept. Bounded in bytes, and in time by its signal. Rejects
 * without an answer; resolves once an answer has begun and was read as far as it matters.
 */
export async function boundedPost(post: BoundedPost): Promise<PostAnswer> {
  const { url, headers, body, signal } = post;
  const lookup = pinned(await addressesOf(post));
  const options = { method: 'POST', headers, lookup, agent: false, signal, maxHeaderSize: MOST_HEADER_BYTES } as const;
  return new Promise((resolve, reject) => {
    const sent = (url.protocol === 'https:' ? https : http).request(url, options);
    const answerOf = ({ statusCode = 0, headers: answered }: http.IncomingMessage) => ({
      status: statusCode,
      retryAfter: answered['retry-after'],
    });
    sent.once('response', (response) => {
      let length = 0;
      response.on('data', (chunk: Uint8Array) => {
        length += chunk.byteLength;
        if (length > MOST_ANSWER_BYTES) response.destroy();
      });
      // NOTE: an answer that breaks off was an answer: its status counts.
      response.on('error', () => {});
      response.once('close', () => resolve(answerOf(response)));
    });
    let interim = 0;
    sent.on('information', () => {
      interim += 1;
      if (interim > MOST_INTERIM_ANSWERS) sent.destroy(new Error('it sent interim answers without end'));
    });
    // NOTE: without a listener, 101 ends the request without an error, and the signal does not end it either.
    sent.once('upgrade', (response, socket) => {
      socket.destroy();
      resolve(answerOf(response));
    });
    sent.once('error', reject);
    sent.on('error', () => {});
    sent.end(body);
  });
}
