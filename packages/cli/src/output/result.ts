import type { ExitCode } from '../exit-codes.ts';
import type { NextStep } from '../failure/failure.ts';

/** `wide` is with `-o wide` only. */
export type Shown = 'wide' | 'never';

/** The value of one field; undefined where a server leaves out what the contract promises. */
export type Cell = string | number | null | undefined;

/** A column of a list, or a line of a single object. */
export interface Field<Item> {
  readonly title: string;
  /** The cell; empty text and what a server left out are shown as `-`. */
  value(item: Item, nowMs: number): Cell;
  /** When it is a column of a list: always if absent. */
  readonly list?: Shown;
  /** When it is a line of a single object: always if absent. */
  readonly object?: Shown;
}

/** How the items of one kind are shown. */
export interface View<Item> {
  /** The kind in `-o name` lines: `cluster/production`. */
  readonly kind: string;
  nameOf(item: Item): string;
  readonly fields: readonly Field<Item>[];
}

/** A result that can be shown only once: what to say and do when it could not be written. */
export interface ShownOnce {
  /** The subject of the sentence when it could not be shown: `The API key ak-7f3b2c1d was created`. */
  readonly made: string;
  /** The end of that sentence, what to do then: `"openkupe apikey delete ak-7f3b2c1d" revokes it`. */
  readonly remedy: string;
  /** The commands for it. */
  readonly next: readonly NextStep[];
  /** Called when it has been written. */
  delivered?(): Promise<void>;
}

/** What a command prints on stdout. */
export type Result =
  | { readonly kind: 'list'; readonly items: readonly unknown[]; readonly view: View<never> }
  | { readonly kind: 'object'; readonly item: unknown; readonly view: View<never>; readonly shownOnce?: ShownOnce }
  /** A document of its own: printed as it is unless JSON is asked for. */
  | { readonly kind: 'document'; readonly text: string; readonly value: unknown; readonly exit?: ExitCode }
  | { readonly kind: 'nothing' }
  /** Another program did the work; its exit code is ours. */
  | { readonly kind: 'exit'; readonly code: number };

/** A list of items. */
export function list<Item>(items: readonly Item[], view: View<Item>): Result {
  return { kind: 'list', items, view: view as View<never> };
}

/** A single object. */
export function object<Item>(item: Item, view: View<Item>, shownOnce?: ShownOnce): Result {
  return { kind: 'object', item, view: view as View<never>, ...(shownOnce ? { shownOnce } : {}) };
}
