import type { ResourceKey } from '../resource.ts';
import type { IdempotencyRecord } from '../store.ts';
import { AddedRows, ChangedRows, ChangedSums, Journal } from './changed-rows.ts';
import type { Head } from './head.ts';

/** A row of `resource` in a transaction. A half is `null` while it stays as the database has it; it is not loaded. */
export interface ResourceState extends ResourceKey {
  readonly uid: string;
  readonly version: number;
  readonly observation: number;
  readonly generation: number;
  readonly created_at: number;
  readonly deleted_at: number | null;
  readonly spec: string | null;
  readonly observed: string | null;
  /** Whether its labels may be others than those that the database has. */
  readonly isRelabelled?: boolean;
}

/** A row of `work`: when the item is due by the store's clock, how often it was woken, and its lease. */
export interface WorkRow extends ResourceKey {
  readonly ready_at: number;
  readonly woken_at: number;
  readonly wakes: number;
  readonly fence: number;
  readonly owner: string | null;
}

/** An idempotency record with what its quota is counted by. */
export interface RecordRow extends IdempotencyRecord {
  readonly tenant: string;
  readonly bytes: number;
}

/** The last ledger entry of a tenant. */
export interface LedgerHead {
  readonly entry: number;
  readonly at: number;
}

/** A row of `ledger`; `kind` repeats that of the fact for the index. */
export interface LedgerAddition extends LedgerHead {
  readonly tenant: string;
  readonly kind: string;
  readonly fact: string;
}

/** A row of `audit`. */
export interface AuditAddition {
  readonly revision: number;
  readonly tenant: string;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly request_id: string;
  readonly tenant_uid: string;
  readonly target_uid: string;
  readonly address: string;
  /** JSON. */
  readonly fields: string;
}

/** A row of `event`. */
export interface EventAddition extends ResourceKey {
  readonly id: number;
  readonly revision: number;
  readonly at: number;
  readonly type: string;
  readonly message: string;
}

/**
 * What a group of requests reads and writes: exact while the transaction holds the lock on `head`, because only that writes. So what decides is
 * plain code on rows in memory, and the database sees a few statements on many rows, however many requests share the transaction.
 */
export class GroupRows {
  readonly journal = new Journal();
  readonly head: Head;
  readonly resources = new ChangedRows<ResourceState>(this.journal);
  readonly work = new ChangedRows<WorkRow>(this.journal);
  readonly records = new ChangedRows<RecordRow>(this.journal);
  /** Bytes of idempotency records per tenant. */
  readonly usage = new ChangedSums(this.journal);
  readonly ledgerHeads = new ChangedRows<LedgerHead>(this.journal);
  readonly ledger = new AddedRows<LedgerAddition>(this.journal);
  readonly audit = new AddedRows<AuditAddition>(this.journal);
  readonly events = new AddedRows<EventAddition>(this.journal);

  constructor(head: Head) {
    this.head = head;
  }
  /** Gives the next number of a sequence. */
  next(sequence: 'revision' | 'fence' | 'event'): number {
    this.head[sequence] += 1;
    this.journal.note(() => {
      this.head[sequence] -= 1;
    });
    return this.head[sequence];
  }
}

/** A key as text, and back. */
export const keyText = ({ kind, tenant, name }: ResourceKey): string => JSON.stringify([kind, tenant, name]);
/** The key that {@link keyText} was given. */
export function parseKeyText(text: string): ResourceKey {
  const [kind, tenant, name] = JSON.parse(text);
  return { kind, tenant, name };
}
