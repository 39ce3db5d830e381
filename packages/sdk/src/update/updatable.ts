import type { Answer } from '../call.ts';
import { guarded, type Operation, type Step } from '../operation.ts';
import { ask } from '../resources/ask.ts';
import type { Decode } from '../resources/exchange-to-answer.ts';

/** What writing a resource needs to know about it. */
export interface Writable<T extends object> {
  readonly path: string;
  readonly writeRoute: string;
  readonly decode: Decode<T>;
}

/** What changing a resource needs to know about it: how it is written, and how it is read. */
export interface Updatable<T extends object> extends Writable<T> {
  readonly reading: Step;
}

export function read<T extends object>(operation: Operation, { reading, decode }: Updatable<T>): Promise<Answer<T>> {
  return ask(operation, reading, decode);
}

export function write<T extends object>(
  operation: Operation,
  { path, writeRoute, decode }: Writable<T>,
  { body, ifMatch }: { body: object; ifMatch: string | undefined },
): Promise<Answer<T>> {
  return ask(operation, guarded({ route: writeRoute, method: 'PATCH', path, body }, ifMatch), decode);
}
