import type { ApiCall, Result } from '../call.ts';
import type { Operation } from '../operation.ts';
import type { Decode } from '../to-result.ts';

/** What writing a resource needs to know about it. */
export interface Writable<T extends object> {
  readonly path: string;
  /** The id of the PATCH in the contract. */
  readonly writeRoute: string;
  readonly decode: Decode<T>;
}

/** What changing a resource needs to know about it: how it is written, and how it is read. */
export interface Updatable<T extends object> extends Writable<T> {
  readonly reading: ApiCall;
}

/** Sends the PATCH of a resource, conditional on `ifMatch` if that is given. */
export function write<T extends object>(
  operation: Operation,
  { path, writeRoute, decode }: Writable<T>,
  { body, ifMatch }: { body: object; ifMatch: string | undefined },
): Promise<Result<T>> {
  return operation.request({ route: writeRoute, method: 'PATCH', path, body, ifMatch }, decode);
}
