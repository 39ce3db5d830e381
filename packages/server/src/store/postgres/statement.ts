import type { QueryConfig, QueryResult, QueryResultRow } from 'pg';

/** A statement that is parsed once per connection, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** What a statement runs on: a connection, or several of them. */
export interface Runner {
  query<Row extends QueryResultRow>(statement: QueryConfig): Promise<QueryResult<Row>>;
}

/** Runs a statement and returns its rows. */
export async function run<Row extends QueryResultRow>(on: Runner, statement: Statement, ...values: readonly unknown[]): Promise<Row[]> {
  const { rows } = await on.query<Row>({ ...statement, values: [...values] });
  return rows;
}

/** Runs a statement and returns how many rows it changed. */
export async function change(on: Runner, statement: Statement, ...values: readonly unknown[]): Promise<number> {
  const { rowCount } = await on.query({ ...statement, values: [...values] });
  return rowCount ?? 0;
}

/** A record set that arrives as one JSON parameter: `columns` as in a table definition. */
export function recordset(columns: string, place = '$1', alias = 'given'): string {
  return `json_to_recordset(${place}::json) AS ${alias}(${columns})`;
}

/** The columns of `resource`. Statements name what they read: one that asks for all columns fails once a newer release has added one. */
export const RESOURCE_COLUMNS = 'kind, tenant, name, uid, version, observation, generation, created_at, deleted_at, spec, observed';
/** The same for the table `work`, in the order in which its rows are typed. */
export const WORK_COLUMNS = 'kind, tenant, name, ready_at, woken_at, wakes, fence, owner';
