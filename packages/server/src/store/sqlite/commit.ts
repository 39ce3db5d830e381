import type { DatabaseSync } from 'node:sqlite';
import type { Resource, ResourceKey } from '../resource.ts';
import type { Change, CommitOutcome, Write } from '../store.ts';
import { decodeResource, type ResourceRow } from './codec.ts';
import { prepareCounter } from './counter.ts';
import type { Applied } from './group-commit.ts';
import type { History } from './history.ts';
import type { IdempotencyRecords } from './idempotency-records.ts';
import type { Ledger } from './ledger.ts';
import type { Work } from './work.ts';
import { prepareWrites } from './write.ts';

function refuse(result: CommitOutcome): Applied<CommitOutcome> {
  return { isKept: false, result };
}

/** The resources as the whole change leaves them: where two writes concern one resource, both show the last. */
function resourcesNow(writes: readonly Write[], rows: ReadonlyMap<string, ResourceRow | undefined>): (Resource | undefined)[] {
  return writes.map(({ verb, key }) => {
    const row = rows.get(identity(key));
    return row && verb !== 'delete-if' ? decodeResource(row) : undefined;
  });
}

function identity({ kind, tenant, name }: ResourceKey): string {
  return JSON.stringify([kind, tenant, name]);
}

/**
 * Prepares the application of one change, to be run inside a transaction that undoes it when it is refused. The revision is counted up
 * there too, so a refused change leaves no gap and a crash gives no number out twice.
 */
export function prepareCommit(
  database: DatabaseSync,
  parts: { readonly work: Work; readonly idempotencyRecords: IdempotencyRecords; readonly history: History; readonly ledger: Ledger },
): (change: Change) => Applied<CommitOutcome> {
  const { work, idempotencyRecords, history, ledger } = parts;
  const nextRevision = prepareCounter(database, 'revision');
  const applyWrite = prepareWrites(database, work);

  return (change) => {
    const { at, writes, keep } = change;
    const kept = keep && idempotencyRecords.find(keep.scope, keep.nowMs);
    if (kept) return refuse({ outcome: 'answered', kept });

    const revision = nextRevision();
    const rows = new Map<string, ResourceRow | undefined>();
    for (const [index, write] of writes.entries()) {
      const written = applyWrite(write, revision, at);
      if ('refused' in written) return refuse({ outcome: written.refused, index });
      rows.set(identity(write.key), written.row);
    }
    for (const [index, entry] of (change.ledger ?? []).entries()) {
      if (ledger.append(entry) === 'stale') return refuse({ outcome: 'stale', index: writes.length + index });
    }
    if (change.audit) history.audit(change.audit, revision, at);
    for (const event of change.events ?? []) history.event(event, revision, at);
    for (const key of change.wake ?? []) work.wake(key);

    const resources = resourcesNow(writes, rows);
    if (keep) {
      const { scope, fingerprint, expiresAt } = keep;
      const roomAt = idempotencyRecords.keep({ scope, fingerprint, expiresAt, ...keep.seal(resources) }, keep, keep.nowMs);
      if (roomAt !== undefined) return refuse({ outcome: 'over-quota', roomAt });
    }
    return { isKept: true, result: { outcome: 'written', revision, resources } };
  };
}
