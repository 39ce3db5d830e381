import type { ResourceKey } from '../resource.ts';
import type { ResourceRow } from '../resource-row.ts';
import { type BatchedRead, createBatchedRead } from './batched-reads.ts';
import { keyText } from './group-rows.ts';
import { RESOURCE_COLUMNS, type Runner, recordset, run, type Statement } from './statement.ts';

type Row = ResourceRow & Record<string, unknown>;

const GET: Statement = {
  name: 'get',
  text: `SELECT ${RESOURCE_COLUMNS} FROM ${recordset('kind text, tenant text, name text')} JOIN resource USING (kind, tenant, name)`,
};
const FOUND_COLUMNS = RESOURCE_COLUMNS.replace(/\w+/g, 'found.$&');
const FIND: Statement = {
  name: 'find',
  text: `SELECT ${FOUND_COLUMNS} FROM ${recordset('kind text, name text')}
    CROSS JOIN LATERAL (SELECT ${RESOURCE_COLUMNS} FROM resource WHERE kind = given.kind AND name = given.name LIMIT 2) AS found`,
};
/** A name that one tenant alone has, and its kind. */
interface NameOfKind {
  readonly kind: string;
  readonly name: string;
}
const nameText = ({ kind, name }: NameOfKind) => `${kind} ${name}`;

/** Reads of single rows, which share statements. */
export interface SingleReads {
  readonly load: BatchedRead<ResourceKey, ResourceRow | undefined>;
  /** The rows of a kind with that name, of any tenant; at most two. */
  readonly findRows: BatchedRead<NameOfKind, readonly ResourceRow[]>;
}

/** Whether PostgreSQL's text can hold it. What cannot be held is nowhere, and must not fail the statement that it would share with others. */
const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0');

/** The reads on `pool`. */
export function createSingleReads(pool: Runner): SingleReads {
  const load = createBatchedRead(async (keys: readonly ResourceKey[]) => {
    const asked = keys.filter(({ tenant, name }) => isStorable(tenant) && isStorable(name));
    const rows = await run<Row>(pool, GET, JSON.stringify(asked.map(({ kind, tenant, name }) => ({ kind, tenant, name }))));
    const found = new Map(rows.map((row) => [keyText(row as ResourceKey & Row), row]));
    return (key) => found.get(keyText(key));
  }, keyText);
  const findRows = createBatchedRead(async (keys: readonly NameOfKind[]) => {
    const found = Map.groupBy(await run<Row>(pool, FIND, JSON.stringify(keys.filter(({ name }) => isStorable(name)))), nameText);
    return (key) => found.get(nameText(key)) ?? [];
  }, nameText);
  return { load, findRows };
}
