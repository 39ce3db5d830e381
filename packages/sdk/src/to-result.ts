import type { Recovery, Result, Success } from './call.ts';
import { DecodeError } from './errors/by-status.ts';
import { readEtag } from './etag.ts';
import type { CallName } from './events.ts';

/** Reads a value out of a parsed body; `undefined` when the body has another shape. Fields it does not know are kept. */
export type Decode<T> = (body: unknown) => T | undefined;

/** A body that is one object. */
export function decodeObject<T extends object>(body: unknown): T | undefined {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as T) : undefined;
}

/** The elements of `{"items": […]}`; null is an empty list. */
export function decodeItems<T extends object>(body: unknown): T[] | undefined {
  const items = decodeObject<{ items?: unknown }>(body)?.items;
  if (items === null) return [];
  return Array.isArray(items) && items.every((item) => decodeObject(item)) ? (items as T[]) : undefined;
}

/** The result for a caller. Throws a DecodeError when the body has another shape than this API gives. */
export function toResult<T>(call: CallName, success: Success, decode: Decode<T>, recovered?: Recovery): Result<T> {
  const value = decode(success.body);
  if (value !== undefined) return { value, ...aboutOf(success), ...(recovered === undefined ? {} : { recovered }) };
  const { status, attempts, requestId } = success;
  const outcome = call.method === 'GET' ? 'not-applied' : 'applied';
  const message = `The answer to ${call.method} ${call.path} has an unexpected shape; check that the host is a Kupe API`;
  throw new DecodeError(message, { status, attempts, outcome, requestId });
}

/** The result of a call whose answer has no value, such as a delete. */
export function toEmptyResult(success: Success): Result<undefined> {
  return { value: undefined, ...aboutOf(success) };
}

function aboutOf(success: Success): Omit<Result<unknown>, 'value'> {
  const { attempts, requestId } = success;
  const etag = versionOf(success);
  return { attempts, ...(etag ? { etag } : {}), ...(requestId === undefined ? {} : { requestId }) };
}

/**
 * The version of what was answered. Without a visible ETag, as in a browser whose server does not expose the header, it is made of the
 * `resourceVersion` as the server does; a write without `ifMatch` would overwrite what others wrote meanwhile.
 */
function versionOf({ headers, body }: Success): string | undefined {
  const etag = readEtag(headers);
  if (etag) return etag;
  const version = decodeObject<{ resourceVersion?: unknown }>(body)?.resourceVersion;
  return typeof version === 'string' && version !== '' ? `"${version}"` : undefined;
}
