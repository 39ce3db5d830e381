import type { Answer, Exchange, Recovery } from '../call.ts';
import { DecodeError } from '../errors/by-status.ts';
import { readEtag } from '../etag.ts';
import type { CallName } from '../events.ts';

/** Reads a value out of a body, or says that it is not there. Strict about the shape, tolerant of fields it does not know. */
export type Decode<T> = (body: unknown) => T | undefined;

/** A body that is one object. */
export function decodeObject<T extends object>(body: unknown): T | undefined {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as T) : undefined;
}

/** The elements of `{"items": [...]}`; null is an empty list. */
export function decodeItems<T extends object>(body: unknown): T[] | undefined {
  const items = decodeObject<{ items?: unknown }>(body)?.items;
  if (items === null) return [];
  return Array.isArray(items) && items.every((item) => decodeObject(item)) ? (items as T[]) : undefined;
}

/** The answer for a caller. Throws a DecodeError when the body has another shape than this API gives. */
export function toAnswer<T>(call: CallName, exchange: Exchange, decode: Decode<T>, recovered?: Recovery): Answer<T> {
  const value = decode(exchange.body);
  const { attempts, requestId, status } = exchange;
  if (value === undefined) {
    const outcome = call.method === 'GET' ? 'not-applied' : 'applied';
    throw new DecodeError(`The answer to ${call.method} ${call.path} has an unexpected shape; check that the host is a Kupe API`, {
      status,
      attempts,
      outcome,
      ...(requestId === undefined ? {} : { requestId }),
    });
  }
  return { value, attempts, ...meta(exchange), ...(recovered === undefined ? {} : { recovered }) };
}

/** An answer without a value, as a delete gives. */
export function toEmptyAnswer(exchange: Exchange, recovered?: Recovery): Answer<undefined> {
  return { value: undefined, attempts: exchange.attempts, ...meta(exchange), ...(recovered === undefined ? {} : { recovered }) };
}

/**
 * The version of what was answered. Without an ETag that can be seen, as in a browser that was not told to expose it, the
 * resourceVersion is taken, of which the ETag is made; a write that leaves the guard out would overwrite what others wrote meanwhile.
 */
function versionOf({ headers, body }: Exchange): string | undefined {
  const etag = readEtag(headers);
  if (etag) return etag;
  const version = decodeObject<{ resourceVersion?: unknown }>(body)?.resourceVersion;
  return typeof version === 'string' && version !== '' ? `"${version}"` : undefined;
}

function meta(exchange: Exchange): { etag?: string; requestId?: string } {
  const { requestId } = exchange;
  const etag = versionOf(exchange);
  return { ...(etag ? { etag } : {}), ...(requestId === undefined ? {} : { requestId }) };
}
