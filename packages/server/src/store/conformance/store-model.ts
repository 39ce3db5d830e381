import type { LedgerRow } from '../ledger.ts';
import type { Resource, ResourceKey } from '../resource.ts';
import type { AuditRow, Change, CommitOutcome, IdempotencyRecord, LeasedWork, StoredEvent, Write } from '../store.ts';

interface WorkItem {
  readonly key: ResourceKey;
  readyAt: number;
  wokenAt: number;
  wakes: number;
  fence: number;
  isOwned: boolean;
}

const textOf = ({ kind, tenant, name }: ResourceKey) => `${kind}/${tenant}/${name}`;

/** The store as plain maps: what the port promises, in the simplest words. Random changes are compared with it. */
export class StoreModel {
  resources = new Map<string, Resource>();
  events: StoredEvent[] = [];
  audit: AuditRow[] = [];
  ledger = new Map<string, readonly LedgerRow[]>();
  records = new Map<string, IdempotencyRecord>();
  work = new Map<string, WorkItem>();
  revision = 0;
  fence = 0;

  get(key: ResourceKey): Resource | undefined {
    return this.resources.get(textOf(key));
  }

  list(kind: string): Resource[] {
    return [...this.resources.values()].filter((one) => one.kind === kind).sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
  }

  /** `revision` is the one that the store answered; it must be new. */
  apply(change: Change, revision: number, workNowMs: number): CommitOutcome {
    const record = change.idempotency && this.records.get(change.idempotency.scope);
    if (record && record.expiresAt > (change.idempotency?.nowMs ?? 0)) return { outcome: 'repeated', record };
    const before = this.resources;
    const ledgerBefore = this.ledger;
    this.resources = new Map(before);
    this.ledger = new Map(ledgerBefore);
    for (const [index, write] of change.writes.entries()) {
      const refused = this.#write(write, String(revision), change.at);
      if (!refused) continue;
      this.resources = before;
      return { outcome: refused, index };
    }
    for (const [index, { follows, ...entry }] of (change.ledger ?? []).entries()) {
      const rows = this.ledger.get(entry.tenant) ?? [];
      if (follows !== undefined && follows !== rows.length) {
        this.resources = before;
        this.ledger = ledgerBefore;
        return { outcome: 'stale', index: change.writes.length + index };
      }
      this.ledger.set(entry.tenant, [...rows, { ...entry, entry: rows.length + 1, at: Math.max(entry.at, rows.at(-1)?.at ?? entry.at) }]);
    }
    if (revision <= this.revision) throw new Error(`revision ${revision} came after ${this.revision}`);
    this.revision = revision;
    if (change.audit) this.audit.push({ ...change.audit, revision, at: change.at });
    for (const event of change.events ?? []) this.events.push({ ...event, revision, at: change.at });
    for (const key of change.wake ?? []) this.#wake(key, workNowMs);
    if (change.idempotency) {
      const { scope, fingerprint, status, sealed, expiresAt } = change.idempotency;
      this.records.set(scope, { scope, fingerprint, status, sealed, expiresAt, revision });
    }
    return { outcome: 'written', revision };
  }

  #write(write: Write, version: string, at: number): 'stale' | 'exists' | 'missing' | undefined {
    const { key } = write;
    const found = this.get(key);
    if (write.verb === 'create') {
      const isForeign = key.kind === 'api-key' && this.list('api-key').some(({ name }) => name === key.name);
      if (found || isForeign) return 'exists';
      const { uid, spec, observed } = write;
      this.resources.set(textOf(key), {
        ...key,
        uid,
        resourceVersion: version,
        observation: 0,
        generation: 1,
        createdAt: at,
        spec,
        observed,
      } as Resource);
      return undefined;
    }
    if (!found) return 'missing';
    if ('uid' in write && write.uid !== found.uid) return 'stale';
    if ('fence' in write && write.fence && !this.#held(write.fence)) return 'stale';
    if (write.verb === 'observe-if') {
      if (write.expectedObservation !== found.observation) return 'stale';
      this.resources.set(textOf(key), { ...found, observation: found.observation + 1, observed: write.observed } as Resource);
      return undefined;
    }
    if (write.expectedVersion !== found.resourceVersion) return 'stale';
    if (write.verb === 'delete-if') this.resources.delete(textOf(key));
    if (write.verb === 'mark-deleted-if')
      this.resources.set(textOf(key), { ...found, resourceVersion: version, deletedAt: at } as Resource);
    if (write.verb === 'update-if') {
      const generation = found.generation + 1;
      this.resources.set(textOf(key), { ...found, resourceVersion: version, generation, spec: write.spec } as Resource);
    }
    return undefined;
  }

  #wake(key: ResourceKey, at: number): void {
    const item = this.work.get(textOf(key));
    if (!item) {
      this.work.set(textOf(key), { key, readyAt: at, wokenAt: at, wakes: 1, fence: 0, isOwned: false });
      return;
    }
    item.wakes += 1;
    item.wokenAt = at;
    if (!item.isOwned) item.readyAt = Math.min(item.readyAt, at);
  }

  /** What has to be leased now, in any order among items that are equally due. */
  ready(workNowMs: number): WorkItem[] {
    return [...this.work.values()].filter(({ readyAt }) => readyAt <= workNowMs).sort((a, b) => a.readyAt - b.readyAt);
  }

  leased(work: LeasedWork, until: number): void {
    const item = this.work.get(textOf(work.key));
    if (!item) throw new Error(`${textOf(work.key)} was leased but never woken`);
    if (work.fence <= this.fence) throw new Error(`fence ${work.fence} came after ${this.fence}`);
    this.fence = work.fence;
    item.fence = work.fence;
    item.isOwned = true;
    item.readyAt = until;
  }

  #held(work: LeasedWork): WorkItem | undefined {
    const item = this.work.get(textOf(work.key));
    return item?.isOwned && item.fence === work.fence ? item : undefined;
  }

  finish(work: LeasedWork, next: { afterMs: number } | 'done', workNowMs: number): 'finished' | 'lost' {
    const item = this.#held(work);
    if (!item) return 'lost';
    item.isOwned = false;
    if (item.wakes !== work.wakes) item.readyAt = item.wokenAt;
    else if (next === 'done') this.work.delete(textOf(work.key));
    else item.readyAt = workNowMs + next.afterMs;
    return 'finished';
  }

  nextWorkInMs(workNowMs: number): number | undefined {
    const [first] = this.ready(Number.POSITIVE_INFINITY);
    return first && Math.max(0, first.readyAt - workNowMs);
  }

  /** What a new process finds: leases have ended, and everything is due. */
  reopened(): void {
    for (const item of this.work.values()) Object.assign(item, { isOwned: false, readyAt: 0, wokenAt: 0 });
  }
}
