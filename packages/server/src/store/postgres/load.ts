import type { ResourceKey } from '../resource.ts';
import type { WriteRequest } from '../write-request.ts';
import { type GroupRows, keyText, type LedgerHead, type RecordRow, type ResourceState, type WorkRow } from './group-rows.ts';
import { type Runner, recordset, run, type Statement, WORK_COLUMNS } from './statement.ts';

const KEY = 'kind text, tenant text, name text';
const STATE = 'kind, tenant, name, uid, version, observation, generation, created_at, deleted_at, NULL AS spec, NULL AS observed';

const RESOURCES: Statement = {
  name: 'load-resources',
  text: `SELECT ${STATE} FROM ${recordset(KEY)} JOIN resource USING (kind, tenant, name)`,
};
const API_KEYS: Statement = {
  name: 'load-api-keys',
  text: `SELECT ${STATE} FROM resource WHERE kind = 'api-key' AND name = ANY ($1::text[])`,
};
const WORK: Statement = { name: 'load-work', text: `SELECT ${WORK_COLUMNS} FROM ${recordset(KEY)} JOIN work USING (kind, tenant, name)` };
const RECORDS: Statement = {
  name: 'load-records',
  text: `SELECT scope, fingerprint, status, sealed, expires_at AS "expiresAt", revision, tenant, bytes
    FROM idempotency_record WHERE scope = ANY ($1::text[])`,
};
const USAGE: Statement = { name: 'load-usage', text: 'SELECT tenant, bytes FROM idempotency_usage WHERE tenant = ANY ($1::text[])' };
const LEDGER_HEADS: Statement = {
  name: 'load-ledger-heads',
  text: `SELECT tenant, entry, at FROM unnest($1::text[]) AS of(tenant)
    CROSS JOIN LATERAL (SELECT entry, at FROM ledger WHERE ledger.tenant = of.tenant ORDER BY entry DESC LIMIT 1) AS last`,
};

/** The keys of everything that a group of requests asks about. */
interface Needed {
  readonly resources: Map<string, ResourceKey>;
  readonly apiKeys: Set<string>;
  readonly work: Map<string, ResourceKey>;
  readonly scopes: Set<string>;
  readonly tenants: Set<string>;
  readonly ledgers: Set<string>;
}

function add(keys: Map<string, ResourceKey>, { kind, tenant, name }: ResourceKey): void {
  const key = { kind, tenant, name };
  keys.set(keyText(key), key);
}

/** What the requests need to be loaded before they are applied. */
export function neededBy(requests: readonly WriteRequest[]): Needed {
  const needed: Needed = {
    resources: new Map(),
    apiKeys: new Set(),
    work: new Map(),
    scopes: new Set(),
    tenants: new Set(),
    ledgers: new Set(),
  };
  for (const request of requests) {
    if (request.verb === 'finish-work') add(needed.work, request.work.key);
    if (request.verb !== 'commit') continue;
    const { writes, wake = [], ledger = [], idempotency } = request.change;
    for (const write of writes) {
      add(needed.resources, write.key);
      if (write.verb === 'create' && write.key.kind === 'api-key') needed.apiKeys.add(write.key.name);
      if ('fence' in write && write.fence) add(needed.work, write.fence.key);
    }
    for (const key of wake) add(needed.work, key);
    for (const { tenant } of ledger) needed.ledgers.add(tenant);
    if (idempotency) needed.scopes.add(idempotency.scope);
    if (idempotency) needed.tenants.add(idempotency.tenant);
  }
  return needed;
}

/**
 * Reads what is needed, all of it in one round trip, where the connection pipelines. To be called under the lock on `head`; the rows go where
 * `rows` says once that is known.
 */
export function load(on: Runner, needed: Needed): Promise<(rows: GroupRows) => void> {
  const ask = <Row extends object>(keys: { readonly size: number }, statement: Statement, values: () => unknown): Promise<Row[]> =>
    keys.size === 0 ? Promise.resolve([]) : run<Row & Record<string, unknown>>(on, statement, values());
  const listOf = (keys: Map<string, ResourceKey>) => () => JSON.stringify([...keys.values()]);
  return Promise.all([
    ask<ResourceState>(needed.resources, RESOURCES, listOf(needed.resources)),
    ask<ResourceState>(needed.apiKeys, API_KEYS, () => [...needed.apiKeys]),
    ask<WorkRow>(needed.work, WORK, listOf(needed.work)),
    ask<RecordRow>(needed.scopes, RECORDS, () => [...needed.scopes]),
    ask<{ tenant: string; bytes: number }>(needed.tenants, USAGE, () => [...needed.tenants]),
    ask<LedgerHead & { tenant: string }>(needed.ledgers, LEDGER_HEADS, () => [...needed.ledgers]),
  ]).then(([resources, apiKeys, work, records, usage, ledgerHeads]) => (rows: GroupRows) => {
    for (const key of needed.resources.keys()) rows.resources.load(key);
    for (const row of [...resources, ...apiKeys]) rows.resources.load(keyText(row), row);
    for (const key of needed.work.keys()) rows.work.load(key);
    for (const row of work) rows.work.load(keyText(row), row);
    for (const scope of needed.scopes) rows.records.load(scope);
    for (const row of records) rows.records.load(row.scope, row);
    for (const { tenant, bytes } of usage) rows.usage.load(tenant, bytes);
    for (const tenant of needed.ledgers) rows.ledgerHeads.load(tenant);
    for (const { tenant, entry, at } of ledgerHeads) rows.ledgerHeads.load(tenant, { entry, at });
  });
}
