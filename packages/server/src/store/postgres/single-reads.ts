import type { ResourceKey } from '../resource.ts';
import type { ResourceRow } from '../sqlite/codec.ts';
import { type BatchedRead, createBatchedRead } from './batched-reads.ts';
import { keyText } from './group-rows.ts';
import { type Runner, recordset, run, type Statement } from './statement.ts';

type Row = ResourceRow & Record<string, unknown>;

const GET: Statement = {
  name: 'get',
  text: `SELECT resource.* FROM ${recordset('kind text, tenant text, name text')} JOIN resource USING (kind, tenant, name)`,
};
const FIND: Statement = {
  name: 'find',
  text: `SELECT found.* FROM ${recordset('kind text, name text')}
    CROSS JOIN LATERAL (SELECT * FROM resource WHERE kind = given.kind AND name = given.name LIMIT 2) AS found`,
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

/** The reads on `pool`. */
export function createSingleReads(pool: Runner): SingleReads {
  const load = createBatchedRead(async (keys: readonly ResourceKey[]) => {
    const rows = await run<Row>(pool, GET, JSON.stringify(keys.map(({ kind, tenant, name }) => ({ kind, tenant, name }))));
    const found = new Map(rows.map((row) => [keyText(row as ResourceKey & Row), row]));
    return (key) => found.get(keyText(key));
  }, keyText);
  const findRows = createBatchedRead(async (keys: readonly NameOfKind[]) => {
    const found = Map.groupBy(await run<Row>(pool, FIND, JSON.stringify(keys)), nameText);
    return (key) => found.get(nameText(key)) ?? [];
  }, nameText);
  return { load, findRows };
}
