import type { DatabaseSync } from 'node:sqlite';
import { BATCH_ROWS, portableRow, quoted, type ReadableTables, type Row, type Sequences, tablesOf } from '../transfer/portable-store.ts';

/** Tables that are left out of backups: the sequences stand in the header, the others are computed, or say nothing. */
const LEFT_OUT = ['counter', 'probe', 'kept_answer_usage'];
/** Names that differ from those in PostgreSQL, which backups have. */
const NAMES_IN_BACKUPS: Readonly<Record<string, string>> = { kept_answer: 'idempotency_record' };
/** Proves that a write gets through, and numbers nothing. */
const NO_SEQUENCE = 'ping';

interface Column {
  readonly table: string;
  readonly name: string;
  /** The place in the primary key, from 1 on; 0 for a column that is not in it. */
  readonly pk: number;
}

/** The tables of a database, whatever the version of its schema. */
export function readTables(database: DatabaseSync): ReadableTables & { insertInto(table: string, columns: readonly string[]): string } {
  const columns = database
    .prepare(
      `SELECT t.name AS "table", c.name, c.pk FROM pragma_table_list AS t, pragma_table_info(t.name) AS c
       WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY t.name, c.cid`,
    )
    .all() as unknown as Column[];
  const { kept, tables } = tablesOf(columns, LEFT_OUT, (table) => NAMES_IN_BACKUPS[table] ?? table);
  const own = (name: string) => quoted(kept.get(name)?.[0]?.table ?? name);

  return {
    tables,
    async *rows(table, asked) {
      const key = (kept.get(table) ?? []).filter(({ pk }) => pk > 0).sort((one, other) => one.pk - other.pk);
      const order = key.map(({ name }) => quoted(name)).join(', ');
      const statement = database.prepare(`SELECT ${asked.map(quoted).join(', ')} FROM ${own(table)} ORDER BY ${order}`);
      statement.setReturnArrays(true);
      const portable = portableRow(table, asked);
      let batch: Row[] = [];
      for (const row of statement.iterate() as unknown as Iterable<Row>) {
        batch.push(portable(row));
        if (batch.length < BATCH_ROWS) continue;
        yield batch;
        batch = [];
      }
      if (batch.length > 0) yield batch;
    },
    insertInto: (table, given) => `INSERT INTO ${own(table)} (${given.map(quoted).join(', ')}) VALUES (${given.map(() => '?').join(', ')})`,
  };
}

/** The last number given out of each sequence. */
export function readSequences(database: DatabaseSync): Sequences {
  const rows = database.prepare('SELECT name, value FROM counter WHERE name <> ?').all(NO_SEQUENCE) as { name: string; value: number }[];
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}
