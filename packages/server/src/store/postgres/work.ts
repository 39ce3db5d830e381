import type { ResourceKey } from '../resource.ts';
import type { DueTenant, LeasedWork, LeaseRequest } from '../store.ts';
import { type GroupRows, keyText, type WorkRow } from './group-rows.ts';
import { type Runner, run, type Statement, WORK_COLUMNS } from './statement.ts';

// NOTE: a row that another session has locked, such as an operator's, is passed over; it must not hold up every write.
const READY: Statement = {
  name: 'work-ready',
  text: `SELECT ${WORK_COLUMNS} FROM work WHERE ready_at <= $1 ORDER BY ready_at, kind, tenant, name LIMIT $2 FOR UPDATE SKIP LOCKED`,
};
const READY_BY_TENANT: Statement = {
  name: 'work-ready-by-tenant',
  text: `SELECT ${WORK_COLUMNS} FROM (
      SELECT due.*, given.place, row_number() OVER (PARTITION BY given.place ORDER BY ready_at, kind, name) AS round
      FROM unnest($3::text[]) WITH ORDINALITY AS given(of_tenant, place)
      CROSS JOIN LATERAL (
        SELECT ${WORK_COLUMNS} FROM work WHERE tenant = given.of_tenant AND ready_at <= $1
        ORDER BY ready_at, kind, name LIMIT $2 FOR UPDATE SKIP LOCKED
      ) AS due
    ) AS ranked ORDER BY round, place LIMIT $2`,
};
const DUE_TENANTS: Statement = {
  name: 'work-due-tenants',
  text: `SELECT tenant, count(*) AS items, coalesce($1 - min(ready_at) FILTER (WHERE ready_at > 0), 0) AS "waitsMs"
    FROM work WHERE ready_at <= $1 GROUP BY tenant ORDER BY min(ready_at), tenant LIMIT $2`,
};
const NEXT: Statement = { name: 'work-next', text: 'SELECT min(ready_at) AS at FROM work' };
const MAKE_DUE: Statement = {
  name: 'work-make-due',
  text: 'UPDATE work SET ready_at = 0, woken_at = 0 WHERE owner IS NULL AND (ready_at <> 0 OR woken_at <> 0)',
};
const END_LEASES: Statement = { name: 'work-end-leases', text: 'UPDATE work SET owner = NULL, ready_at = 0 WHERE owner IS NOT NULL' };

function held({ work }: GroupRows, { key, fence }: LeasedWork): WorkRow | undefined {
  const row = work.get(keyText(key));
  return row && row.owner !== null && row.fence === fence ? row : undefined;
}

/** Ends every lease; what was leased is due at once. */
export async function endLeases(on: Runner): Promise<void> {
  await run(on, END_LEASES);
}

/** Whether this lease was neither given back nor overtaken by a later one. An expired lease holds until the work is leased again. */
export function holds(rows: GroupRows, work: LeasedWork): boolean {
  return held(rows, work) !== undefined;
}

/** Makes the item due now, or marks it as woken while it is leased. `nowMs`: of the store's clock. */
export function wake({ work }: GroupRows, { kind, tenant, name }: ResourceKey, nowMs: number): void {
  const text = keyText({ kind, tenant, name });
  const at = Math.floor(nowMs);
  const row = work.get(text);
  const readyAt = row?.owner == null ? Math.min(row?.ready_at ?? at, at) : row.ready_at;
  const { fence = 0, owner = null, wakes = 0 } = row ?? {};
  work.put(text, { kind, tenant, name, ready_at: readyAt, woken_at: at, wakes: wakes + 1, fence, owner });
}

/** Leases what is due. What the group has changed before has to be written, because the database is asked. */
export async function lease(
  on: Runner,
  rows: GroupRows,
  { owner, leaseMs, limit, nowMs, tenants }: LeaseRequest & { readonly nowMs: number },
): Promise<LeasedWork[]> {
  const dueAt = Math.floor(nowMs);
  const ready = await (tenants
    ? run<WorkRow & Record<string, unknown>>(on, READY_BY_TENANT, dueAt, limit, tenants)
    : run<WorkRow & Record<string, unknown>>(on, READY, dueAt, limit));
  return ready.map((row) => {
    const { kind, tenant, name, wakes } = row;
    const fence = rows.next('fence');
    const text = keyText(row);
    rows.work.load(text, row);
    rows.work.put(text, { ...row, fence, owner, ready_at: Math.ceil(nowMs + leaseMs) });
    return { key: { kind, tenant, name }, fence, wakes };
  });
}

/** Gives a lease back. `nowMs`: of the store's clock. */
export function finish(rows: GroupRows, work: LeasedWork, next: { afterMs: number } | 'done', nowMs: number): 'finished' | 'lost' {
  const row = held(rows, work);
  if (!row) return 'lost';
  const text = keyText(work.key);
  const giveBack = (readyAt: number) => rows.work.put(text, { ...row, owner: null, ready_at: readyAt });
  if (row.wakes !== work.wakes) giveBack(row.woken_at);
  else if (next === 'done') rows.work.put(text, undefined);
  else giveBack(Math.ceil(nowMs + next.afterMs));
  return 'finished';
}

/** The tenants with due work, and how much. */
export function readDueTenants(on: Runner, nowMs: number, limit: number): Promise<DueTenant[]> {
  return run<DueTenant & Record<string, unknown>>(on, DUE_TENANTS, Math.floor(nowMs), limit);
}

/** Milliseconds until the next item is due, 0 when one is; `undefined` when there is none. */
export async function readNextWork(on: Runner, nowMs: number): Promise<number | undefined> {
  const [row] = await run<{ at: number | null }>(on, NEXT);
  const at = row?.at ?? null;
  return at === null ? undefined : Math.max(0, at - nowMs);
}

/** Makes everything due that is not leased, for a process that is alone on the database: while none ran, the store's clock stood still. */
export async function makeDue(on: Runner): Promise<void> {
  await run(on, MAKE_DUE);
}
