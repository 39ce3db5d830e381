import type { DatabaseSync } from 'node:sqlite';
import type { ResourceKey } from '../resource.ts';
import { decodeKey, keyColumns } from '../resource-row.ts';
import type { DueTenant, LeasedWork, LeaseRequest } from '../store.ts';
import { prepareCounter } from './counter.ts';

/** Leased work, inside the caller's transaction. `nowMs` is a reading of `Clock.monotonic()`, which no change of the wall clock moves. */
export interface Work {
  /** Makes the item due now, or marks it as woken while it is leased. */
  wake(key: ResourceKey, nowMs: number): void;
  lease(request: LeaseRequest & { readonly nowMs: number }): LeasedWork[];
  finish(work: LeasedWork, next: { afterMs: number } | 'done', nowMs: number): 'finished' | 'lost';
  /** Whether this lease was neither given back nor overtaken by a later one. An expired lease holds until the work is leased again. */
  holds(work: LeasedWork): boolean;
}

interface WorkRow {
  readonly kind: string;
  readonly tenant: string;
  readonly name: string;
  readonly woken_at: number;
  readonly wakes: number;
  readonly fence: number;
  readonly owner: string | null;
}

function prepareStatements(database: DatabaseSync) {
  const where = 'WHERE kind = ? AND tenant = ? AND name = ?';
  return {
    load: database.prepare(`SELECT * FROM work ${where}`),
    wake: database.prepare(`
      INSERT INTO work VALUES (:kind, :tenant, :name, :at, :at, 1, 0, NULL)
      ON CONFLICT DO UPDATE SET
        wakes = wakes + 1,
        woken_at = :at,
        ready_at = CASE WHEN owner IS NULL THEN min(ready_at, :at) ELSE ready_at END`),
    ready: database.prepare('SELECT * FROM work WHERE ready_at <= ? ORDER BY ready_at, kind, tenant, name LIMIT ?'),
    readyOf: database.prepare('SELECT * FROM work WHERE tenant = ? AND ready_at <= ? ORDER BY ready_at, kind, name LIMIT ?'),
    lease: database.prepare(`UPDATE work SET fence = ?, owner = ?, ready_at = ? ${where}`),
    giveBack: database.prepare(`UPDATE work SET owner = NULL, ready_at = ? ${where}`),
    remove: database.prepare(`DELETE FROM work ${where}`),
  };
}

/**
 * Ends the leases of the process before, which is gone, as the lock on the data folder proves, and makes everything due: another process
 * has another origin of `Clock.monotonic()`.
 */
export function resetWork(database: DatabaseSync): void {
  database.exec('UPDATE work SET owner = NULL, ready_at = 0, woken_at = 0 WHERE owner IS NOT NULL OR ready_at <> 0 OR woken_at <> 0');
}

/** Milliseconds until the next item is due, 0 when one is; `undefined` when there is none. Needs no transaction. */
export function prepareNextWork(database: DatabaseSync): (nowMs: number) => number | undefined {
  const nextAt = database.prepare('SELECT min(ready_at) AS at FROM work');
  return (nowMs) => {
    const { at } = nextAt.get() as { at: number | null };
    return at === null ? undefined : Math.max(0, at - nowMs);
  };
}

/** The tenants with due work, and how much. Needs no transaction. */
export function prepareDueTenants(database: DatabaseSync): (nowMs: number, limit: number) => DueTenant[] {
  const due = database.prepare(
    `SELECT tenant, count(*) AS items, coalesce(:now - min(CASE WHEN ready_at > 0 THEN ready_at END), 0) AS waitsMs
      FROM work WHERE ready_at <= :now GROUP BY tenant ORDER BY min(ready_at), tenant LIMIT :limit`,
  );
  return (nowMs, limit) => due.all({ now: Math.floor(nowMs), limit }) as unknown as DueTenant[];
}

/** Prepares the verbs of leased work. */
export function prepareWork(database: DatabaseSync): Work {
  const statements = prepareStatements(database);
  // NOTE: one sequence for all keys lets the row go when the work is done, and still no key ever sees a fence twice.
  const nextFence = prepareCounter(database, 'fence');

  const held = (work: LeasedWork): WorkRow | undefined => {
    const row = statements.load.get(...keyColumns(work.key)) as WorkRow | undefined;
    return row && row.owner !== null && row.fence === work.fence ? row : undefined;
  };
  const ready = (limit: number, nowMs: number) => statements.ready.all(Math.floor(nowMs), limit) as unknown as WorkRow[];
  const readyByTenant = (tenants: readonly string[], limit: number, nowMs: number): WorkRow[] => {
    const rows = tenants.map((tenant) => statements.readyOf.all(tenant, Math.floor(nowMs), limit) as unknown as WorkRow[]);
    const rounds = Array.from({ length: limit }, (_, round) => rows.flatMap((ofTenant) => ofTenant[round] ?? []));
    return rounds.flat().slice(0, limit);
  };

  return {
    wake(key, nowMs) {
      statements.wake.run({ kind: key.kind, tenant: key.tenant, name: key.name, at: Math.floor(nowMs) });
    },
    lease({ owner, leaseMs, limit, nowMs, tenants }) {
      return (tenants ? readyByTenant(tenants, limit, nowMs) : ready(limit, nowMs)).map((row) => {
        const key = decodeKey(row);
        const fence = nextFence();
        statements.lease.run(fence, owner, Math.ceil(nowMs + leaseMs), ...keyColumns(key));
        return { key, fence, wakes: row.wakes };
      });
    },
    finish(work, next, nowMs) {
      const row = held(work);
      if (!row) return 'lost';
      const columns = keyColumns(work.key);
      if (row.wakes !== work.wakes) statements.giveBack.run(row.woken_at, ...columns);
      else if (next === 'done') statements.remove.run(...columns);
      else statements.giveBack.run(Math.ceil(nowMs + next.afterMs), ...columns);
      return 'finished';
    },
    holds: (work) => held(work) !== undefined,
  };
}
