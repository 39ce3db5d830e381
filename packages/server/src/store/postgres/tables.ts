import type { QueryConfig, QueryResultRow } from 'pg';
import {
  BATCH_ROWS,
  type Cell,
  portableRow,
  quoted,
  type ReadableTables,
  type Row,
  type Sequences,
  tablesOf,
} from '../transfer/portable-store.ts';
import type { Runner } from './statement.ts';

/** Tables that are left out of backups: the sequences stand in the header, the others are computed, or say nothing. */
const LEFT_OUT = ['head', 'probe', 'idempotency_usage', 'schema_version'];
/** Columns of `head` that are no sequence: `event` follows from the events, `clock` belongs to one database. */
const NO_SEQUENCES = ['is_only', 'event', 'clock'];
/** How long one statement of a transfer may take, which may read or write megabytes. */
const TRANSFER_MS = 600_000;

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  /** The place in the primary key, from 0 on; `null` for a column that is not in it. */
  readonly key: number | null;
}

const COLUMNS = `
  SELECT c.relname AS "table", a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, array_position(i.indkey::int2[], a.attnum) AS key
  FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' ORDER BY c.relname, a.attnum`;

/** Runs a statement of a transfer. NOTE: the types do not know the limit of a single one. */
export async function runPatiently<R extends QueryResultRow>(on: Runner, text: string, values: unknown[] = []): Promise<R[]> {
  const query: QueryConfig = Object.assign({ text, values }, { query_timeout: TRANSFER_MS });
  return (await on.query<R>(query)).rows;
}

/** The tables of a database, whatever the version of its schema. Rows are read within the caller's transaction, one table at a time. */
export async function readTables(on: Runner): Promise<ReadableTables & { insertInto(table: string, columns: readonly string[]): string }> {
  const columns = await runPatiently<Column & QueryResultRow>(on, COLUMNS);
  const { kept, tables } = tablesOf(columns, LEFT_OUT);
  const typeOf = (table: string, name: string) => kept.get(table)?.find((column) => column.name === name)?.type ?? 'text';

  return {
    tables,
    async *rows(table, asked) {
      const key = (kept.get(table) ?? []).filter((column) => column.key !== null).sort((one, other) => Number(one.key) - Number(other.key));
      const select = `SELECT ${asked.map(quoted).join(', ')} FROM ${quoted(table)} ORDER BY ${key.map(({ name }) => quoted(name)).join(', ')}`;
      const portable = portableRow(table, asked);
      await runPatiently(on, `DECLARE transfer NO SCROLL CURSOR FOR ${select}`);
      try {
        for (;;) {
          const found = await runPatiently<Record<string, Cell>>(on, `FETCH ${BATCH_ROWS} FROM transfer`);
          if (found.length > 0) yield found.map((row): Row => portable(asked.map((column) => row[column] ?? null)));
          if (found.length < BATCH_ROWS) return;
        }
      } finally {
        // NOTE: after an error the transaction is over, and the cursor with it.
        await runPatiently(on, 'CLOSE transfer').catch(() => {});
      }
    },
    insertInto(table, given) {
      const names = given.map(quoted).join(', ');
      const typed = given.map((name) => `${quoted(name)} ${typeOf(table, name)}`).join(', ');
      return `INSERT INTO ${quoted(table)} (${names}) SELECT ${names} FROM json_to_recordset($1::json) AS given(${typed})`;
    },
  };
}

/** The last number given out of each sequence. */
export async function readSequences(on: Runner): Promise<Sequences> {
  const [head = {}] = await runPatiently<Record<string, number>>(on, 'SELECT * FROM head');
  return Object.fromEntries(Object.entries(head).filter(([name]) => !NO_SEQUENCES.includes(name)));
}
