import { AUDIT_COLUMNS, decodeAudit, type StoredAuditRow } from '../audit-row.ts';
import { type BrokenDataError, type DamageReport, decodeOrNote, decodeReadable, isReadable } from '../broken-data.ts';
import { createRowDecoder } from '../decoded-rows.ts';
import { decodeEvent, type EventRow, wholeCommits } from '../event-row.ts';
import type { Kind, Kinds, Resource, ResourceKey } from '../resource.ts';
import { decodeKey, decodeResource, listedKey, type ResourceRow } from '../resource-row.ts';
import { AFTER_EVERY_NAME, versionOf } from '../scan-version.ts';
import type { AuditRow, ListedKey, Scan, ScanRange, StoredEvent } from '../store.ts';
import { createRecheck } from './recheck.ts';
import { createSingleReads } from './single-reads.ts';
import { RESOURCE_COLUMNS, type Runner, run, type Statement } from './statement.ts';

type Row = ResourceRow & Record<string, unknown>;
type FoundEvent = EventRow & Record<string, unknown>;

const LIST: Statement = { name: 'list', text: `SELECT ${RESOURCE_COLUMNS} FROM resource WHERE kind = $1 ORDER BY tenant, name` };
const LIST_TENANT: Statement = {
  name: 'list-tenant',
  text: `SELECT ${RESOURCE_COLUMNS} FROM resource WHERE kind = $1 AND tenant = $2 ORDER BY name`,
};
const KEYS: Statement = {
  name: 'keys',
  text: 'SELECT kind, tenant, name, deleted_at FROM resource WHERE kind = $1 ORDER BY tenant, name',
};
const KEYS_TENANT: Statement = {
  name: 'keys-tenant',
  text: 'SELECT kind, tenant, name, deleted_at FROM resource WHERE kind = $1 AND tenant = $2 ORDER BY name',
};
const KEYS_AFTER: Statement = {
  name: 'keys-after',
  text: 'SELECT kind, tenant, name, deleted_at FROM resource WHERE kind = $1 AND (tenant, name) > ($2, $3) ORDER BY tenant, name LIMIT $4',
};
const RANGE: Statement = {
  name: 'range',
  text: `SELECT ${RESOURCE_COLUMNS} FROM resource WHERE kind = $1 AND tenant = $2 AND name > $3 AND name >= $4 AND name < $5 ORDER BY name LIMIT $6`,
};
const FIND_CLUSTER: Statement = {
  name: 'find-cluster',
  text: `SELECT ${RESOURCE_COLUMNS} FROM resource WHERE kind = 'cluster' AND uid = $1`,
};
/**
 * The clusters of a tenant that have a label, in a range of names. The index has them in the order of their names, so that a page ends where it is full.
 * NOTE: OFFSET 0, so that the planner looks each cluster up, in that order, instead of joining the tables.
 */
const labelledRows = (ofValue: string, limit: string) =>
  `SELECT ${RESOURCE_COLUMNS.replace(/\w+/g, 'resource.$&')} FROM
    (SELECT tenant, name FROM label WHERE tenant = $1 AND key = $2 ${ofValue} AND name > $3 AND name >= $4 AND name < $5 ORDER BY name OFFSET 0) AS label
    CROSS JOIN LATERAL (SELECT ${RESOURCE_COLUMNS} FROM resource WHERE kind = 'cluster' AND tenant = label.tenant AND name = label.name OFFSET 0) AS resource
    ORDER BY label.name LIMIT ${limit}`;
const LABELLED: Statement = { name: 'labelled', text: labelledRows('', '$6') };
const LABELLED_AS: Statement = { name: 'labelled-as', text: labelledRows('AND value = $6', '$7') };
const SPECS: Statement = { name: 'specs', text: 'SELECT spec FROM resource WHERE kind = $1 AND tenant = $2' };
const EVENTS: Statement = {
  name: 'events',
  text: 'SELECT revision, at, kind, tenant, name, type, message FROM event WHERE revision > $1 ORDER BY revision, id LIMIT $2',
};
const EVENTS_OF: Statement = {
  name: 'events-of',
  text: 'SELECT revision, at, kind, tenant, name, type, message FROM event WHERE revision = $1 ORDER BY id',
};
const TENANT_CREATED_IN: Statement = {
  name: 'tenant-created-in',
  text: `SELECT max(revision) AS revision FROM event WHERE kind = 'tenant' AND type = 'created' AND tenant = $1`,
};
const AUDIT: Statement = {
  name: 'audit-before',
  text: `SELECT ${AUDIT_COLUMNS} FROM audit WHERE tenant = $1 AND revision < $2 ORDER BY revision DESC LIMIT $3`,
};

/** Sums up what `count` finds in specs; nothing in one that cannot be read. */
function sumOver<Spec extends object>(rows: readonly { readonly spec: string }[], count: (spec: Partial<Spec>) => number): number {
  const countIn = ({ spec }: { readonly spec: string }) => {
    try {
      return count(JSON.parse(spec) as Partial<Spec>);
    } catch {
      return 0;
    }
  };
  return rows.reduce((sum, row) => sum + countIn(row), 0);
}

/**
 * The reads of resources and history: each is one statement, so it sees one moment; reads of single rows share one. Nothing is kept between them,
 * because another process may write. `damage` gets what cannot be read.
 */
export function createReads(pool: Runner, damage: DamageReport) {
  const decodeRow = createRowDecoder();
  const { load, findRows } = createSingleReads(pool);

  async function isBroken(key: ResourceKey): Promise<boolean> {
    const row = await load(key);
    return row !== undefined && !isReadable(row, decodeResource);
  }
  const recheck = (row: ResourceRow) => createRecheck(() => isBroken(decodeKey(row)));
  const note = (error: BrokenDataError, row: ResourceRow) => damage.note(error, recheck(row));
  /** Decodes a row; one that cannot be read is noted until it was corrected or removed. */
  const decode = <K extends Kind>(row: ResourceRow): Resource<K> => decodeOrNote(row, decodeRow<K>, note);
  /** Decodes each row when it is reached. */
  function* decodeEach<K extends Kind>(found: readonly ResourceRow[]): Generator<Resource<K>> {
    for (const row of found) yield decode<K>(row);
  }
  const check = (row: ResourceRow): void => void isReadable(row, decode);
  const rangeRows = (kind: Kind, tenant: string, { after = '', prefix = '', limit, label }: ScanRange) => {
    const bounds = [after, prefix, prefix + AFTER_EVERY_NAME] as const;
    if (!label) return run<Row>(pool, RANGE, kind, tenant, ...bounds, limit ?? null);
    const { key, value } = label;
    if (value === undefined) return run<Row>(pool, LABELLED, tenant, key, ...bounds, limit ?? null);
    return run<Row>(pool, LABELLED_AS, tenant, key, ...bounds, value, limit ?? null);
  };
  const listRows = (kind: Kind, tenant?: string) =>
    tenant === undefined ? run<Row>(pool, LIST, kind) : run<Row>(pool, LIST_TENANT, kind, tenant);

  return {
    /** Decodes a row, which notes it where it cannot be read. */
    check,
    async get<K extends Kind>(key: ResourceKey<K>): Promise<Resource<K> | undefined> {
      const row = await load(key);
      return row && decode<K>(row);
    },
    async find<K extends Kind>(kind: K, name: string): Promise<Resource<K> | undefined> {
      const [row, another] = await findRows({ kind, name });
      return row && !another ? decode<K>(row) : undefined;
    },
    async findCluster(uid: string): Promise<Resource<'cluster'> | undefined> {
      const [row] = await run<Row>(pool, FIND_CLUSTER, uid);
      return row && decode<'cluster'>(row);
    },
    async list<K extends Kind>(kind: K, tenant?: string): Promise<Resource<K>[]> {
      return (await listRows(kind, tenant)).map((row) => decode<K>(row));
    },
    async listReadable<K extends Kind>(kind: K, tenant?: string): Promise<Resource<K>[]> {
      return decodeReadable(await listRows(kind, tenant), decode<K>);
    },
    async scan<K extends Kind>(kind: K, tenant: string, range?: ScanRange): Promise<Scan<K>> {
      const found = await (range ? rangeRows(kind, tenant, range) : listRows(kind, tenant));
      return { version: versionOf(found), rows: decodeEach<K>(found) };
    },
    async countTargets(tenant: string): Promise<number> {
      const secrets = await run<{ spec: string }>(pool, SPECS, 'secret', tenant);
      return sumOver<Kinds['secret']['spec']>(secrets, ({ sync = [] }) => sync.length);
    },
    async alertBytes(tenant: string): Promise<number> {
      const clusters = await run<{ spec: string }>(pool, SPECS, 'cluster', tenant);
      return sumOver<Kinds['cluster']['spec']>(clusters, ({ alerts }) => (alerts ? Buffer.byteLength(JSON.stringify(alerts)) : 0));
    },
    async keys<K extends Kind>(kind: K, tenant?: string): Promise<ListedKey<K>[]> {
      const found = tenant === undefined ? await run<Row>(pool, KEYS, kind) : await run<Row>(pool, KEYS_TENANT, kind, tenant);
      return found.map((row) => listedKey<K>(row));
    },
    async keysAfter<K extends Kind>(
      kind: K,
      after: Pick<ResourceKey, 'tenant' | 'name'> | undefined,
      limit: number,
    ): Promise<ListedKey<K>[]> {
      const found = await run<Row>(pool, KEYS_AFTER, kind, after?.tenant ?? '', after?.name ?? '', limit);
      return found.map((row) => listedKey<K>(row));
    },
    /** Whole commits only, so that the last revision answered is a place to go on from; one commit larger than `limit` comes whole. */
    async events(after: number, limit: number): Promise<StoredEvent[]> {
      const { page, cutOff } = wholeCommits(await run<FoundEvent>(pool, EVENTS, after, limit + 1), limit);
      return (cutOff === undefined ? page : await run<FoundEvent>(pool, EVENTS_OF, cutOff)).map(decodeEvent);
    },
    async tenantCreatedIn(tenant: string): Promise<number> {
      const [found] = await run<{ revision: number | null }>(pool, TENANT_CREATED_IN, tenant);
      return found?.revision ?? 0;
    },
    async audit(tenant: string, limit: number, before = Number.MAX_SAFE_INTEGER): Promise<AuditRow[]> {
      return (await run<StoredAuditRow & Record<string, unknown>>(pool, AUDIT, tenant, before, limit)).map(decodeAudit);
    },
  };
}
