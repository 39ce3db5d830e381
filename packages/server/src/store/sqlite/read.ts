import type { DatabaseSync } from 'node:sqlite';
import { AUDIT_COLUMNS, decodeAudit, type StoredAuditRow } from '../audit-row.ts';
import { type BrokenDataError, type DamageReport, decodeOrNote, decodeReadable, isReadable } from '../broken-data.ts';
import { createRowDecoder } from '../decoded-rows.ts';
import { decodeEvent, type EventRow, wholeCommits } from '../event-row.ts';
import type { Kind, Resource, ResourceKey } from '../resource.ts';
import { decodeKey, decodeResource, listedKey, type ResourceRow } from '../resource-row.ts';
import { AFTER_EVERY_NAME, versionOf } from '../scan-version.ts';
import type { AuditRow, ListedKey, Scan, ScanRange, StoredEvent } from '../store.ts';
import type { RowCache } from './row-cache.ts';

/**
 * The clusters of a tenant that have a label, in a range of names. The index has them in the order of their names, so that a page ends where it is full.
 * NOTE: CROSS JOIN is SQLite's way to say which table comes first.
 */
export const labelledRows = (index: string, ofValue: string): string => `
  SELECT resource.* FROM label INDEXED BY ${index} CROSS JOIN resource ON resource.kind = 'cluster' AND resource.tenant = label.tenant AND resource.name = label.name
  WHERE label.tenant = ? AND label.key = ? ${ofValue} AND label.name >= ? AND label.name < ? ORDER BY label.name LIMIT ?`;

function prepareStatements(database: DatabaseSync) {
  return {
    get: database.prepare('SELECT * FROM resource WHERE kind = ? AND tenant = ? AND name = ?'),
    find: database.prepare('SELECT * FROM resource WHERE kind = ? AND name = ? LIMIT 2'),
    findCluster: database.prepare(`SELECT * FROM resource WHERE kind = 'cluster' AND uid = ?`),
    list: database.prepare('SELECT * FROM resource WHERE kind = ? ORDER BY tenant, name'),
    listTenant: database.prepare('SELECT * FROM resource WHERE kind = ? AND tenant = ? ORDER BY name'),
    range: database.prepare('SELECT * FROM resource WHERE kind = ? AND tenant = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?'),
    labelled: database.prepare(labelledRows('label_by_key', '')),
    labelledAs: database.prepare(labelledRows('label_by_value', 'AND label.value = ?')),
    countTargets: database.prepare(`
      SELECT coalesce(sum(json_array_length(spec, '$.sync')), 0) AS targets FROM resource WHERE kind = 'secret' AND tenant = ? AND json_valid(spec)`),
    alertBytes: database.prepare(`
      SELECT coalesce(sum(octet_length(json_extract(spec, '$.alerts'))), 0) AS bytes
      FROM resource WHERE kind = 'cluster' AND tenant = ? AND json_valid(spec)`),
    keys: database.prepare('SELECT kind, tenant, name, deleted_at FROM resource WHERE kind = ? ORDER BY tenant, name'),
    keysOfTenant: database.prepare('SELECT kind, tenant, name, deleted_at FROM resource WHERE kind = ? AND tenant = ? ORDER BY name'),
    keysAfter: database.prepare(
      'SELECT kind, tenant, name, deleted_at FROM resource WHERE kind = ? AND (tenant, name) > (?, ?) ORDER BY tenant, name LIMIT ?',
    ),
    events: database.prepare('SELECT * FROM event WHERE revision > ? ORDER BY revision, id LIMIT ?'),
    eventsOf: database.prepare('SELECT * FROM event WHERE revision = ? ORDER BY id'),
    tenantCreatedIn: database.prepare(
      `SELECT max(revision) AS revision FROM event WHERE kind = 'tenant' AND type = 'created' AND tenant = ?`,
    ),
    newestRevision: database.prepare(`SELECT value FROM counter WHERE name = 'revision'`),
    audit: database.prepare(`SELECT ${AUDIT_COLUMNS} FROM audit WHERE tenant = ? AND revision < ? ORDER BY revision DESC LIMIT ?`),
  };
}

/** The bounds of a range as the statement binds them. A name with NUL behind it is the first one after it. */
function boundsOf({ after, prefix = '', limit = -1 }: ScanRange): [from: string, before: string, limit: number] {
  const next = after === undefined ? '' : `${after}\0`;
  return [next > prefix ? next : prefix, prefix + AFTER_EVERY_NAME, limit];
}

const isRow = <K extends Kind>(one: ResourceRow | Resource<K>): one is ResourceRow => typeof one.spec === 'string';

/** The reads that need no transaction: each is one statement, or two within one turn, so nothing can be written in between. */
export function prepareReads(database: DatabaseSync, damage: DamageReport, cache: RowCache) {
  const statements = prepareStatements(database);
  const decodeRow = createRowDecoder();
  const rows = (found: unknown) => found as readonly ResourceRow[];
  const load = (key: ResourceKey) => statements.get.get(key.kind, key.tenant, key.name) as ResourceRow | undefined;

  function isBroken(key: ResourceKey): boolean {
    const row = load(key);
    return row !== undefined && !isReadable(row, decodeResource);
  }
  const note = (error: BrokenDataError, row: ResourceRow) => damage.note(error, () => isBroken(decodeKey(row)));
  /** Decodes a row; one that cannot be read is noted until it was corrected or removed. */
  const decode = <K extends Kind>(row: ResourceRow): Resource<K> => decodeOrNote(row, decodeRow<K>, note);
  /** Decodes each row when it is reached, and puts it in the place of the row. */
  function* decodeEach<K extends Kind>(found: (ResourceRow | Resource<K>)[]): Generator<Resource<K>> {
    for (const [index, one] of found.entries()) {
      const decoded = isRow(one) ? decode<K>(one) : one;
      found[index] = decoded;
      yield decoded;
    }
  }
  const rangeRows = (kind: Kind, tenant: string, range: ScanRange) => {
    const { label } = range;
    if (!label) return rows(statements.range.all(kind, tenant, ...boundsOf(range)));
    const { key, value } = label;
    if (value === undefined) return rows(statements.labelled.all(tenant, key, ...boundsOf(range)));
    return rows(statements.labelledAs.all(tenant, key, value, ...boundsOf(range)));
  };
  const listRows = (kind: Kind, tenant?: string) =>
    rows(tenant === undefined ? statements.list.all(kind) : statements.listTenant.all(kind, tenant));

  return {
    get<K extends Kind>(key: ResourceKey<K>): Resource<K> | undefined {
      return cache.through(key, () => {
        const row = load(key);
        return row && decode<K>(row);
      });
    },
    find<K extends Kind>(kind: K, name: string): Resource<K> | undefined {
      const [row, another] = rows(statements.find.all(kind, name));
      return row && !another ? decode<K>(row) : undefined;
    },
    findCluster(uid: string): Resource<'cluster'> | undefined {
      const [row] = rows(statements.findCluster.all(uid));
      return row && decode<'cluster'>(row);
    },
    list<K extends Kind>(kind: K, tenant?: string): Resource<K>[] {
      return listRows(kind, tenant).map((row) => decode<K>(row));
    },
    listReadable<K extends Kind>(kind: K, tenant?: string): Resource<K>[] {
      return decodeReadable(listRows(kind, tenant), decode<K>);
    },
    scan<K extends Kind>(kind: K, tenant: string, range?: ScanRange): Scan<K> {
      const scanned = (found: readonly ResourceRow[]) => ({
        version: versionOf(found),
        found: [...found] as (ResourceRow | Resource<K>)[],
      });
      const { version, found } = range
        ? scanned(rangeRows(kind, tenant, range))
        : cache.through(
            { kind, tenant },
            () => scanned(listRows(kind, tenant)),
            (all) => all.found.length,
          );
      return { version, rows: decodeEach<K>(found) };
    },
    countTargets: (tenant: string) => Number(statements.countTargets.get(tenant)?.targets ?? 0),
    alertBytes: (tenant: string) => Number(statements.alertBytes.get(tenant)?.bytes ?? 0),
    keys<K extends Kind>(kind: K, tenant?: string): ListedKey<K>[] {
      const found = tenant === undefined ? statements.keys.all(kind) : statements.keysOfTenant.all(kind, tenant);
      return rows(found).map((row) => listedKey<K>(row));
    },
    keysAfter<K extends Kind>(kind: K, after: Pick<ResourceKey, 'tenant' | 'name'> | undefined, limit: number): ListedKey<K>[] {
      const found = statements.keysAfter.all(kind, after?.tenant ?? '', after?.name ?? '', limit);
      return rows(found).map((row) => listedKey<K>(row));
    },
    /** Whole commits only, so that the last revision answered is a place to go on from; one commit larger than `limit` comes whole. */
    events(after: number, limit: number): StoredEvent[] {
      const found = statements.events.all(after, limit + 1) as unknown as EventRow[];
      const { page, cutOff } = wholeCommits(found, limit);
      return (cutOff === undefined ? page : (statements.eventsOf.all(cutOff) as unknown as EventRow[])).map(decodeEvent);
    },
    tenantCreatedIn: (tenant: string) => Number(statements.tenantCreatedIn.get(tenant)?.revision ?? 0),
    newestRevision: () => Number(statements.newestRevision.get()?.value ?? 0),
    audit(tenant: string, limit: number, before = Number.MAX_SAFE_INTEGER): AuditRow[] {
      return (statements.audit.all(tenant, before, limit) as unknown as StoredAuditRow[]).map(decodeAudit);
    },
  };
}
