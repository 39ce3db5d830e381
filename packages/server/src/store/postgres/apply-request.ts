import { hasNews } from '../write-methods.ts';
import type { Settled, WriteRequest } from '../write-request.ts';
import { applyChange } from './commit.ts';
import type { GroupRows } from './group-rows.ts';
import { forgetAudit, forgetEvents } from './history.ts';
import { forgetRecords, loadOldest, needsRoom } from './idempotency-records.ts';
import { keepInstallation } from './installation.ts';
import { fillProbe } from './probe.ts';
import type { Runner } from './statement.ts';
import { finish, lease } from './work.ts';

/** The transaction that a request is applied in. */
export interface GroupTransaction {
  readonly on: Runner;
  readonly rows: GroupRows;
  /** The store's clock, milliseconds. */
  readonly nowMs: number;
  /** Writes what was changed in memory so far, for statements that ask the database. */
  flush(): Promise<unknown>;
  /** To be called where something was written that the rows in memory do not show. */
  noteWritten(): void;
  /** To be called where work was woken or an event appended, which other processes are notified of. */
  noteNews(): void;
}

type Verbs = { [V in WriteRequest['verb']]: (group: GroupTransaction, request: Extract<WriteRequest, { verb: V }>) => Promise<unknown> };

/** What is no change of rows in memory asks the database, after what came before in the group. */
const BY_STATEMENT = {
  async 'lease-work'({ on, rows, nowMs, flush }, request) {
    await flush();
    return lease(on, rows, { ...request, nowMs });
  },
  async 'forget-idempotency-records'({ on, rows, flush, noteWritten }, { nowMs, limit }) {
    await flush();
    noteWritten();
    return forgetRecords(on, rows, nowMs, limit);
  },
  async 'forget-events'({ on, flush, noteWritten }, { nowMs, retentionMs, limit }) {
    await flush();
    noteWritten();
    return forgetEvents(on, nowMs, retentionMs, limit);
  },
  async 'forget-audit'({ on, flush, noteWritten }, { nowMs, retentionMs, limit }) {
    await flush();
    noteWritten();
    return forgetAudit(on, nowMs, retentionMs, limit);
  },
  async 'keep-installation'({ on, noteWritten }, { name, value }) {
    noteWritten();
    return keepInstallation(on, name, value);
  },
  async probe({ on, noteWritten }, { bytes }) {
    noteWritten();
    return bytes > 0 ? fillProbe(on, bytes) : undefined;
  },
} satisfies Omit<Verbs, 'commit' | 'finish-work'>;

async function applyCommit(
  { on, rows, nowMs, flush, noteWritten, noteNews }: GroupTransaction,
  { change }: Extract<WriteRequest, { verb: 'commit' }>,
): Promise<Settled> {
  const { idempotency } = change;
  const isFull = idempotency !== undefined && needsRoom(rows, idempotency);
  if (isFull) await flush();
  const oldest = isFull ? await loadOldest(on, idempotency.tenant) : [];
  try {
    const result = applyChange(rows, change, nowMs, oldest);
    if (result.outcome === 'written') {
      rows.journal.accept();
      // NOTE: also where it changes no row, because its revision must not be given out again.
      noteWritten();
      if (hasNews(change)) noteNews();
    }
    return { result };
  } catch (error) {
    return { error };
  } finally {
    rows.journal.undo();
  }
}

/** Applies a request inside the transaction. A change that is refused, or throws, is undone alone. Rejects where the transaction has failed. */
export async function applyRequest(group: GroupTransaction, request: WriteRequest): Promise<Settled> {
  if (request.verb === 'commit') return applyCommit(group, request);
  const result =
    request.verb === 'finish-work'
      ? finish(group.rows, request.work, request.next, group.nowMs)
      : await BY_STATEMENT[request.verb](group, request as never);
  group.rows.journal.accept();
  return { result: result as never };
}
