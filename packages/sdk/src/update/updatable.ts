import type { Answer } from '../call.ts';
import type { Operation } from '../operation.ts';
import { ask } from '../resources/ask.ts';
import type { Decode } from '../resources/exchange-to-answer.ts';

/** What changing a resource needs to know about it: where it is, and the routes that read and change it. */
export interface Updatable<T extends object> {
  readonly path: string;
  readonly readRoute: string;
  readonly writeRoute: string;
  readonly decode: Decode<T>;
}

export function read<T extends object>(operation: Operation, { path, readRoute, decode }: Updatable<T>): Promise<Answer<T>> {
  return ask(operation, { route: readRoute, method: 'GET', path }, decode);
}

export function write<T extends object>(
  operation: Operation,
  { path, writeRoute, decode }: Updatable<T>,
  { body, ifMatch }: { body: object; ifMatch: string | undefined },
): Promise<Answer<T>> {
  const guard = ifMatch === undefined ? {} : { ifMatch };
  return ask(operation, { route: writeRoute, method: 'PATCH', path, body, ...guard }, decode);
}
