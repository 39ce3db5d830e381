import { type AuditPage, type AuditRecord, formatTime, LIMITS } from '@openkupe/contract';
import { invalidRequest } from '../errors/refusal.ts';
import type { Resource } from '../store/resource.ts';
import type { AuditRow, Store } from '../store/store.ts';

/** The parameters of a request that choose rows. */
export type AuditQuery = Readonly<Record<string, string | undefined>>;

/** Whose rows are read: of a tenant as it is, or, without one, of everything that ever had the name. */
interface AuditOf {
  readonly name: string;
  readonly tenant?: Resource<'tenant'> | undefined;
}

type StoreDependency = { readonly store: Pick<Store, 'audit'> };

const render = ({ tenant: _, at, ...row }: AuditRow): AuditRecord => ({ ...row, at: formatTime(at), fields: [...row.fields] });

/** Whether a row is of the tenant: by its uid, and for rows of earlier releases, which have none, by its time. */
export function isOf({ tenantUid, at }: AuditRow, tenant: Resource<'tenant'> | undefined): boolean {
  if (!tenant) return true;
  return tenantUid === '' ? at >= tenant.createdAt : tenantUid === tenant.uid;
}

/** Whether the filters of a request show a row. */
function isShown({ actor, action, target, at }: AuditRow, query: AuditQuery): boolean {
  const isAction = query.action === undefined || (query.action.endsWith('.') ? action.startsWith(query.action) : action === query.action);
  return (
    isAction &&
    (query.actor ?? actor) === actor &&
    (query.target ?? target) === target &&
    (query.since === undefined || at >= Date.parse(query.since)) &&
    (query.until === undefined || at < Date.parse(query.until))
  );
}

/** The position in `continue`: the revision of the last row that was read. 400 for what is none. */
function positionIn({ continue: cursor }: AuditQuery): number | undefined {
  if (cursor === undefined) return undefined;
  const revision = /^audit-(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1];
  if (revision !== undefined) return Number(revision);
  throw invalidRequest('The request is not valid: "continue" is of no page of the audit; begin again without it', 'invalid-continue');
}

const hasFilter = ({ actor, action, target, since, until }: AuditQuery) => Boolean(actor ?? action ?? target ?? since ?? until);

/** Reads at most {@link LIMITS.pageReads} rows before a revision: those that are shown, at most `limit`, and where to go on, if there is more. */
async function readRows(
  { name, tenant }: AuditOf,
  query: AuditQuery,
  limit: number,
  before: number | undefined,
  { store }: StoreDependency,
) {
  const rows = await store.audit(name, hasFilter(query) ? LIMITS.pageReads : Math.min(LIMITS.pageReads, limit + 1), before);
  const shown: AuditRow[] = [];
  let last: number | undefined;
  for (const row of rows) {
    if (shown.length === limit) return { shown, next: last };
    last = row.revision;
    // NOTE: rows are in the order in which they were written, so what is behind one of an earlier tenant of the name is, too.
    if (!isOf(row, tenant)) return { shown, next: undefined };
    if (isShown(row, query)) shown.push(row);
  }
  return { shown, next: rows.length === LIMITS.pageReads ? last : undefined };
}

/** A page of the audit, newest first. */
export async function readAuditPage(of: AuditOf, query: AuditQuery, deps: StoreDependency): Promise<AuditPage> {
  const limit = query.limit === undefined ? LIMITS.auditRows : Number(query.limit);
  const { shown, next } = await readRows(of, query, limit, positionIn(query), deps);
  return { items: shown.map(render), ...(next === undefined ? {} : { continue: Buffer.from(`audit-${next}`).toString('base64url') }) };
}

/** Every row that is left, newest first, as JSON lines; a page of the store at a time, each when the one before has been taken. */
export async function* auditLines(of: AuditOf, query: AuditQuery, deps: StoreDependency): AsyncGenerator<string> {
  for (let before = positionIn(query); ; ) {
    const { shown, next } = await readRows(of, query, LIMITS.pageReads - 1, before, deps);
    yield shown.map((row) => `${JSON.stringify(render(row))}\n`).join('');
    if (next === undefined) return;
    before = next;
  }
}
