/**
 * What one node tells about one key. Milliseconds of quota, so that the store needs no policy. Times are relative to
 * {@link Telling.atMs}, because the numbers of an epoch are long.
 */
export interface Spending {
  readonly key: string;
  /** What this node admitted and has not told before. */
  readonly spentMs: number;
  /** The arrival time it was spent on, as this node knew it, or the time of the first request if that is later; then spending starts. */
  readonly baseMs: number;
  /** An operator gave the key its full quota back: whatever was known about it before is void. */
  readonly isForgiven: boolean;
}

/** What one node tells at once. */
export interface Telling {
  readonly nodeId: string;
  /** Grows by one with every telling that was answered. What is told again under the same number is not counted again. */
  readonly sequence: number;
  /** When it was told, as the node believes the store's clock to be. */
  readonly atMs: number;
  /** A full bucket of the limit: no key is ever further ahead than this for every node. */
  readonly toleranceMs: number;
  /** The last forgiveness this node has heard of. */
  readonly heardMs: number;
  readonly spendings: readonly Spending[];
}

export interface SharedAnswer {
  /** The store's time at which it counted. */
  readonly nowMs: number;
  /** It was executed too long after it was told, or the store's clock is not what the node believes. Nothing was counted. */
  readonly isLate: boolean;
  /** Nodes that exchanged lately, this one included. */
  readonly nodes: number;
  /** How far ahead of the store's now each key's arrival time is, in the order told. */
  readonly aheadMs: readonly number[];
  /** Keys that other nodes forgave since `Telling.heardMs`. */
  readonly forgiven: readonly string[];
  /** What to send as `Telling.heardMs` from now on. */
  readonly heardMs: number;
}

/** A store that several nodes share. Rejects when it cannot answer. */
export interface SharedStore {
  exchange(telling: Telling): Promise<SharedAnswer>;
  close(): void;
}
