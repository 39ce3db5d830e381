/** `wide` is with `-o wide` only. */
export type Shown = 'wide' | 'never';

/** A column of a list, or a line of a single object. */
export interface Field<Item> {
  readonly title: string;
  /** The cell; empty text is shown as `-`. */
  value(item: Item, nowMs: number): string;
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

/** What a command has to say on stdout. */
export type Result =
  | { readonly kind: 'list'; readonly items: readonly unknown[]; readonly view: View<never> }
  | { readonly kind: 'object'; readonly item: unknown; readonly view: View<never> }
  /** A document of its own: printed as it is unless JSON is asked for. */
  | { readonly kind: 'document'; readonly text: string; readonly value: unknown }
  | { readonly kind: 'nothing' }
  /** Another program did the work; its exit code is ours. */
  | { readonly kind: 'exit'; readonly code: number };

/** A list of items. */
export function list<Item>(items: readonly Item[], view: View<Item>): Result {
  return { kind: 'list', items, view: view as View<never> };
}

/** A single object. */
export function object<Item>(item: Item, view: View<Item>): Result {
  return { kind: 'object', item, view: view as View<never> };
}
