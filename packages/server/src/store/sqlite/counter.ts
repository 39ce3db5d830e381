import type { DatabaseSync } from 'node:sqlite';

/** Gives the next number of a persisted sequence. It is taken in the transaction of its use, so a number that was shown is never reused. */
export type Counter = () => number;

/** Prepares the sequence of that name. */
export function prepareCounter(database: DatabaseSync, name: 'revision' | 'fence' | 'ping'): Counter {
  const next = database.prepare('UPDATE counter SET value = value + 1 WHERE name = ? RETURNING value');
  return () => {
    const row = next.get(name) as { value: number } | undefined;
    if (!row) throw new Error(`The store has no counter "${name}"; restore it from a backup`);
    return row.value;
  };
}
