/** Inverse operations of what the change at hand did in memory, for a change that is refused or throws. */
export class Journal {
  #inverses: (() => void)[] = [];
  note(inverse: () => void): void {
    this.#inverses.push(inverse);
  }
  /** Accepts what was done. */
  accept(): void {
    this.#inverses = [];
  }
  undo(): void {
    for (const inverse of this.#inverses.reverse()) inverse();
    this.#inverses = [];
  }
}

/** What of a table is to be written: rows that the database does not have, rows that it has, and keys of rows that go. */
export interface RowChanges<Row> {
  readonly inserted: readonly Row[];
  readonly updated: readonly Row[];
  readonly removed: readonly string[];
}

/** The rows of one table as a transaction has them: loaded at its beginning, changed in memory, written together. */
export class ChangedRows<Row extends object> {
  readonly #rows = new Map<string, Row | undefined>();
  readonly #stored = new Set<string>();
  readonly #changed = new Set<string>();
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }
  /** Makes a row known as the database has it; `undefined` for none. */
  load(key: string, row?: Row): void {
    this.#rows.set(key, row);
    if (row) this.#stored.add(key);
    else this.#stored.delete(key);
  }
  /** The row of a key that was loaded; `undefined` for none. */
  get(key: string): Row | undefined {
    if (!this.#rows.has(key)) throw new Error(`The row ${key} was not loaded before it was asked for`);
    return this.#rows.get(key);
  }
  /** Every row that is known and there. */
  *values(): Generator<Row> {
    for (const row of this.#rows.values()) if (row) yield row;
  }
  /** Replaces or, with `undefined`, removes a row. */
  put(key: string, row: Row | undefined): void {
    const before = this.#rows.get(key);
    this.#rows.set(key, row);
    this.#changed.add(key);
    this.#journal.note(() => this.#rows.set(key, before));
  }
  /** Takes what was changed since the last time; it counts as written from here on. */
  take(): RowChanges<Row> {
    const inserted: Row[] = [];
    const updated: Row[] = [];
    const removed: string[] = [];
    for (const key of this.#changed) {
      const row = this.#rows.get(key);
      const isStored = this.#stored.has(key);
      if (row) (isStored ? updated : inserted).push(row);
      else if (isStored) removed.push(key);
      if (row) this.#stored.add(key);
      else this.#stored.delete(key);
    }
    this.#changed.clear();
    return { inserted, updated, removed };
  }
}

/** Rows that are only ever added. */
export class AddedRows<Row> {
  #rows: Row[] = [];
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }
  add(row: Row): void {
    this.#rows.push(row);
    this.#journal.note(() => this.#rows.pop());
  }
  take(): readonly Row[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }
}

/** Sums by key, of which the database gets the differences. */
export class ChangedSums {
  readonly #stored = new Map<string, number>();
  #changes = new Map<string, number>();
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }
  /** Makes known what the database has. */
  load(key: string, sum: number): void {
    this.#stored.set(key, sum);
  }
  get(key: string): number {
    return (this.#stored.get(key) ?? 0) + (this.#changes.get(key) ?? 0);
  }
  add(key: string, more: number): void {
    const before = this.#changes.get(key) ?? 0;
    this.#changes.set(key, before + more);
    this.#journal.note(() => this.#changes.set(key, before));
  }
  /** Takes the differences since the last time; they count as written from here on. */
  take(): readonly { readonly key: string; readonly more: number }[] {
    const taken = [...this.#changes].filter(([, more]) => more !== 0).map(([key, more]) => ({ key, more }));
    for (const { key, more } of taken) this.#stored.set(key, (this.#stored.get(key) ?? 0) + more);
    this.#changes = new Map();
    return taken;
  }
}
