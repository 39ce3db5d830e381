import type { ClusterSpec } from '../resource.ts';
import type { ChangedRows, RowChanges } from './changed-rows.ts';
import { type GroupRows, parseKeyText, type ResourceState } from './group-rows.ts';
import { keepHead } from './head.ts';
import { type Runner, recordset, run, type Statement } from './statement.ts';

const KEY = 'kind text, tenant text, name text';
const RESOURCE = `${KEY}, uid text, version bigint, observation bigint, generation bigint, created_at bigint, deleted_at bigint, spec text, observed text`;
const WORK = `${KEY}, ready_at bigint, woken_at bigint, wakes bigint, fence bigint, owner text`;
const RECORD = 'scope text, fingerprint text, status integer, sealed text, "expiresAt" bigint, tenant text, bytes bigint, revision bigint';
const AUDIT =
  'revision bigint, tenant text, at bigint, actor text, action text, target text, request_id text, tenant_uid text, target_uid text, address text, fields text';
const EVENT = `id bigint, revision bigint, at bigint, ${KEY}, type text, message text`;
const LEDGER = 'tenant text, entry bigint, at bigint, kind text, fact text';

/** The names in a list of columns with their types. */
const namesIn = (columns: string) => columns.replace(/ (text|bigint|integer)\b/g, '');
const insert = (table: string, columns: string, names = namesIn(columns)): Statement => ({
  name: `insert-${table}`,
  text: `INSERT INTO ${table} (${names}) SELECT ${namesIn(columns)} FROM ${recordset(columns)}`,
});
const removeByKey = (table: string): Statement => ({
  name: `remove-${table}`,
  text: `DELETE FROM ${table} USING ${recordset(KEY)} WHERE (${table}.kind, ${table}.tenant, ${table}.name) = (given.kind, given.tenant, given.name)`,
});

const INSERT_RESOURCES = insert('resource', RESOURCE);
const UPDATE_RESOURCES: Statement = {
  name: 'update-resources',
  text: `UPDATE resource SET uid = given.uid, version = given.version, observation = given.observation, generation = given.generation,
      created_at = given.created_at, deleted_at = given.deleted_at,
      spec = coalesce(given.spec, resource.spec), observed = coalesce(given.observed, resource.observed)
    FROM ${recordset(RESOURCE)}
    WHERE (resource.kind, resource.tenant, resource.name) = (given.kind, given.tenant, given.name)`,
};
const REMOVE_RESOURCES = removeByKey('resource');
const INSERT_LABELS = insert('label', 'tenant text, name text, key text, value text');
const REMOVE_LABELS: Statement = {
  name: 'remove-labels',
  text: `DELETE FROM label USING ${recordset(KEY)} WHERE (label.tenant, label.name) = (given.tenant, given.name)`,
};
const INSERT_WORK = insert('work', WORK);
const UPDATE_WORK: Statement = {
  name: 'update-work',
  text: `UPDATE work SET ready_at = given.ready_at, woken_at = given.woken_at, wakes = given.wakes, fence = given.fence, owner = given.owner
    FROM ${recordset(WORK)} WHERE (work.kind, work.tenant, work.name) = (given.kind, given.tenant, given.name)`,
};
const REMOVE_WORK = removeByKey('work');
const INSERT_RECORDS = insert('idempotency_record', RECORD, namesIn(RECORD).replace('"expiresAt"', 'expires_at'));
const REMOVE_RECORDS: Statement = { name: 'remove-records', text: 'DELETE FROM idempotency_record WHERE scope = ANY ($1::text[])' };
const ADD_USAGE: Statement = {
  name: 'add-usage',
  text: `INSERT INTO idempotency_usage (tenant, bytes) SELECT key, more FROM ${recordset('key text, more bigint')}
    ON CONFLICT (tenant) DO UPDATE SET bytes = idempotency_usage.bytes + excluded.bytes`,
};
const INSERT_AUDIT = insert('audit', AUDIT);
const INSERT_EVENTS = insert('event', EVENT);
const INSERT_LEDGER = insert('ledger', LEDGER);
/** Events cut at once, and the rest of their commit: after the number that is kept was lowered, what is too many goes little by little. */
const MOST_CUT = 10_000;
const CUT_EVENTS: Statement = {
  name: 'cut-events',
  text: `DELETE FROM event WHERE revision < (SELECT revision FROM event WHERE id = $1)
    AND revision <= coalesce((SELECT revision FROM event ORDER BY revision, id OFFSET ${MOST_CUT} LIMIT 1), ${Number.MAX_SAFE_INTEGER})`,
};

const keyOf = ({ kind, tenant, name }: ResourceState) => ({ kind, tenant, name });
const isRelabelledCluster = ({ kind, isRelabelled }: ResourceState) => kind === 'cluster' && isRelabelled;
/** The rows of `label` for a cluster. */
function labelsIn({ tenant, name, spec }: ResourceState) {
  if (!spec?.includes('"labels":')) return [];
  const { labels = {} } = JSON.parse(spec) as Partial<ClusterSpec>;
  return Object.entries(labels).map(([key, value]) => ({ tenant, name, key, value }));
}

/** Old events are cut once per this many new ones. */
const CUT_EVERY = 1_000;

/**
 * Sends what a group has changed in memory, and the head, and returns the statements under way; none where nothing has changed. Deletions come
 * first, so that what is unique, such as the id of an API key, is free for a row of the same group.
 */
export function flush(on: Runner, rows: GroupRows, keptEvents: number): readonly Promise<unknown>[] {
  const sent: Promise<unknown>[] = [];
  const send = (given: { readonly length: number }, statement: Statement, value: () => unknown) => {
    if (given.length > 0) sent.push(run(on, statement, value()));
  };
  const sendRows = (given: readonly unknown[], statement: Statement) => send(given, statement, () => JSON.stringify(given));
  const keysIn = (removed: readonly string[]) => removed.map(parseKeyText);
  const take = <Row extends object>(changed: ChangedRows<Row>): RowChanges<Row> => changed.take();

  const [resources, work, records] = [take(rows.resources), take(rows.work), take(rows.records)];
  sendRows(keysIn(resources.removed), REMOVE_RESOURCES);
  sendRows(resources.updated, UPDATE_RESOURCES);
  sendRows(resources.inserted, INSERT_RESOURCES);
  // NOTE: of new clusters too. One of the name that was removed by hand, or by a process of an earlier release, has left its labels behind.
  const relabelled = [...resources.inserted, ...resources.updated].filter(isRelabelledCluster);
  sendRows([...keysIn(resources.removed).filter(({ kind }) => kind === 'cluster'), ...relabelled.map(keyOf)], REMOVE_LABELS);
  sendRows(relabelled.flatMap(labelsIn), INSERT_LABELS);
  sendRows(keysIn(work.removed), REMOVE_WORK);
  sendRows(work.updated, UPDATE_WORK);
  sendRows(work.inserted, INSERT_WORK);
  // NOTE: a record that replaces an expired one under the same scope is a new row.
  const gone = [...records.removed, ...records.updated.map(({ scope }) => scope)];
  send(gone, REMOVE_RECORDS, () => gone);
  sendRows([...records.inserted, ...records.updated], INSERT_RECORDS);
  sendRows(rows.usage.take(), ADD_USAGE);
  sendRows(rows.audit.take(), INSERT_AUDIT);
  sendRows(rows.ledger.take(), INSERT_LEDGER);
  const events = rows.events.take();
  sendRows(events, INSERT_EVENTS);
  const last = events.at(-1)?.id ?? 0;
  const cutAt = last - (last % CUT_EVERY);
  if (cutAt > last - events.length) sent.push(run(on, CUT_EVENTS, cutAt - keptEvents + 1));
  if (sent.length > 0) sent.push(keepHead(on, rows.head));
  return sent;
}
