/** What one node spent on one key since it last told, and what it knows. Milliseconds of quota, so that the store needs no policy. */
export interface Spending {
  readonly key: string;
  readonly spentMs: number;
  /** How far ahead of now the key's arrival time was after the last exchange, less what has passed since. Restores a store that forgot. */
  readonly knownMs: number;
}

/** What one node tells at once. */
export interface Telling {
  readonly nodeId: string;
  /** Grows by one with every telling that was answered. One that is told again under the same number is not counted again. */
  readonly sequence: number;
  readonly spendings: readonly Spending[];
}

export interface SharedAnswer {
  /** How far ahead of the store's now each key's arrival time is, in the order asked. */
  readonly aheadMs: readonly number[];
  /** Nodes that exchanged lately, this one included. */
  readonly nodes: number;
}

/** A store that several nodes share. Rejects when it cannot answer. */
export interface SharedStore {
  exchange(telling: Telling): Promise<SharedAnswer>;
  close(): void;
}
