import type { Client } from 'pg';
import type { Settled, WriteRequest } from '../write-request.ts';
import { announce } from './announcements.ts';
import { applyRequest } from './apply-request.ts';
import { flush } from './flush.ts';
import { GroupRows } from './group-rows.ts';
import { keepHead, lockHead } from './head.ts';
import { load, neededBy } from './load.ts';
import type { StoreClock } from './store-clock.ts';

/** The transaction failed at its COMMIT or after it was sent: whether it stands is not known, unless PostgreSQL itself says that it does not. */
export class CommitFailure extends Error {
  override readonly name = 'CommitFailure';
  constructor(cause: unknown) {
    super('The outcome of a commit is not known', { cause });
  }
}

const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE';

/**
 * Sends the COMMIT behind what was sent before it. PostgreSQL answers ROLLBACK where a statement before it failed, and COMMIT with a warning where
 * the wait for a synchronous standby was cancelled: then the change is on the primary alone, and may be lost with it.
 */
async function commit(client: Client, sent: readonly Promise<unknown>[]): Promise<void> {
  let warning: string | undefined;
  const noteWarning = ({ message }: { readonly message?: string | undefined }) => {
    warning ??= message;
  };
  client.on('notice', noteWarning);
  const committed = client.query('COMMIT').catch((error: unknown) => {
    throw new CommitFailure(error);
  });
  const [before, end] = await Promise.allSettled([Promise.all(sent), committed]);
  client.off('notice', noteWarning);
  if (before.status === 'rejected') throw end.status === 'rejected' ? end.reason : before.reason;
  if (end.status === 'rejected') throw end.reason;
  if (end.value.command !== 'COMMIT') throw new Error(`PostgreSQL answered ${end.value.command} to COMMIT`);
  if (warning !== undefined) throw new CommitFailure(new Error(warning));
}

/** What {@link commitGroup} needs. */
export interface GroupOptions {
  readonly clock: StoreClock;
  readonly keptEvents: number;
  /** What this process announces its commits as. */
  readonly sender: string;
  /**
   * The largest numbers that this process has given out. A standby that was behind may be promoted: numbers that others know are not given
   * out again.
   */
  readonly given: { revision: number; fence: number };
}

/**
 * Runs requests in one transaction, because the cost of a durable write is the round trip and the fsync, and not the write (`bench/store`).
 * Returns once it is durable, with how each request ended, in order. The connection has to pipeline: what does not depend on an answer is
 * sent at once, so a group takes two round trips, one to lock and load, one to write and commit.
 *
 * @throws {CommitFailure} where the commit may have happened; anything else where it has not.
 */
export async function commitGroup(
  client: Client,
  { clock, keptEvents, given, sender }: GroupOptions,
  requests: readonly WriteRequest[],
): Promise<Settled[]> {
  const [, head, fill] = await Promise.all([client.query(BEGIN), lockHead(client), load(client, neededBy(requests))]);
  const nowMs = clock.catchUp(head.clock);
  const rows = new GroupRows({
    ...head,
    revision: Math.max(head.revision, given.revision),
    fence: Math.max(head.fence, given.fence),
    clock: Math.max(head.clock, Math.floor(nowMs)),
  });
  fill(rows);
  let isWritten = false;
  let isNews = false;
  const group = {
    on: client,
    rows,
    nowMs,
    async flush() {
      const sent = flush(client, rows, keptEvents);
      isWritten ||= sent.length > 0;
      await Promise.all(sent);
    },
    noteWritten() {
      isWritten = true;
    },
    noteNews() {
      isNews = true;
    },
  };
  const settled: Settled[] = [];
  for (const request of requests) settled.push(await applyRequest(group, request));

  const sent = flush(client, rows, keptEvents);
  // NOTE: before the COMMIT is sent, because its outcome may stay unknown.
  Object.assign(given, { revision: rows.head.revision, fence: rows.head.fence });
  // A group that was refused as a whole costs no fsync.
  if (sent.length === 0 && !isWritten) await client.query('ROLLBACK');
  else {
    const whole = sent.length > 0 ? sent : [keepHead(client, rows.head)];
    await commit(client, isNews ? [...whole, announce(client, sender)] : whole);
  }
  return settled;
}
