import { type Clock, systemClock } from '@openkupe/contract';
import { createDamageReport, type DamageReport } from '../broken-data.ts';
import { createProbe } from '../sqlite/probe.ts';
import { createWriteQueue } from '../sqlite/write-queue.ts';
import type { Change, Store } from '../store.ts';
import type { DatabaseAddress } from './connect.ts';
import { readDiskUsage } from './disk-usage.ts';
import { findBroken } from './find-broken.ts';
import { readRecord, readRecordBytes } from './idempotency-records.ts';
import { readKnownTime, readSecretsCheck } from './installation.ts';
import { createLedgerReads } from './ledger.ts';
import { type OpenDatabase, openDatabase } from './open.ts';
import { createReads } from './read.ts';
import { createStoreClock } from './store-clock.ts';
import { closed, unavailable } from './unavailable.ts';
import { readNextWork } from './work.ts';
import { createWriter } from './writer.ts';

/** What bounds the store. */
export interface StoreLimits {
  /** At least this many of the newest events stay readable. */
  readonly keptEvents: number;
  /** At most this many requests share a transaction. */
  readonly largestGroup: number;
}

/** The limits of a running control plane. */
export const STORE_LIMITS: StoreLimits = { keptEvents: 100_000, largestGroup: 1_000 };

/** Expired records deleted in one transaction, so that a large clean-up does not hold other writes up. */
const FORGOTTEN_AT_ONCE = 1_000;

/** Builds the store on an open database, which it closes with itself. */
export function createPostgresStore(
  open: OpenDatabase,
  limits: StoreLimits = STORE_LIMITS,
  clock: Pick<Clock, 'monotonic'> = systemClock,
  damage: DamageReport = createDamageReport({ error: () => {} }),
): Store {
  const { pool, client, connectWriter: connect } = open;
  const storeClock = createStoreClock(clock);
  storeClock.catchUp(open.clockMs);
  const writer = createWriter({ connect, client, clock: storeClock, keptEvents: limits.keptEvents });
  const writes = createWriteQueue(writer, limits.largestGroup);
  const reads = createReads(pool, damage);
  const ledger = createLedgerReads(pool, damage);
  const probe = createProbe();
  const listeners = new Set<() => void>();
  const closing = new AbortController();
  let whenClosed: Promise<void> | undefined;

  const checked = findBroken(pool, { resource: reads.check, entry: ledger.check }, closing.signal).catch(() => {
    // NOTE: a database that is gone is noticed by whatever asks it next; what cannot be read is noted when it is read.
  });

  async function reading<T>(read: () => Promise<T>): Promise<T> {
    if (closing.signal.aborted) throw closed();
    try {
      return await read();
    } catch (error) {
      throw unavailable(error);
    }
  }
  function notifyListeners({ events = [], wake = [] }: Change): void {
    if (events.length + wake.length === 0) return;
    // A listener that throws must not turn a durable commit into a failed one; its error is uncaught instead.
    for (const listener of listeners) queueMicrotask(listener);
  }
  // NOTE: the writer counts by the store's clock; what the queue carries is of no use to it.
  const nowMs = 0;

  return {
    get: (key) => reading(() => reads.get(key)),
    find: (kind, name) => reading(() => reads.find(kind, name)),
    list: (kind, tenant) => reading(() => reads.list(kind, tenant)),
    listReadable: (kind, tenant) => reading(() => reads.listReadable(kind, tenant)),
    scan: (kind, tenant) => reading(() => reads.scan(kind, tenant)),
    countTargets: (tenant) => reading(() => reads.countTargets(tenant)),
    keys: (kind, tenant) => reading(() => reads.keys(kind, tenant)),
    events: (after, limit) => reading(() => reads.events(after, limit)),
    audit: (tenant, limit) => reading(() => reads.audit(tenant, limit)),
    ledger: (tenant, entry, limit) => reading(() => ledger.after(tenant, entry, limit)),
    lastLedger: (tenant, kind) => reading(() => ledger.last(tenant, kind)),
    idempotencyRecord: (scope, now) => reading(() => readRecord(pool, scope, now)),
    idempotencyRecordBytes: (tenant) => reading(() => readRecordBytes(pool, tenant)),
    diskUsage: () => reading(() => readDiskUsage(pool)),
    secretsCheck: () => reading(() => readSecretsCheck(pool)),
    keepSecretsCheck: (value) => writes.run({ verb: 'keep-installation', name: 'secrets-check', value }),
    knownTime: () => reading(() => readKnownTime(pool, damage)),
    keepKnownTime: (known) => writes.run({ verb: 'keep-installation', name: 'known-time', value: JSON.stringify(known) }),
    nextWorkInMs: () => reading(() => readNextWork(pool, storeClock.now())),
    async commit(change) {
      const outcome = await writes.run({ verb: 'commit', change, nowMs }).catch(probe.noteFailure);
      if (outcome.outcome !== 'written') return outcome;
      probe.noteSuccess();
      notifyListeners(change);
      return outcome;
    },
    forgetAudit: (now, retentionMs, limit) => writes.run({ verb: 'forget-audit', nowMs: now, retentionMs, limit }),
    async forgetIdempotencyRecords(now) {
      for (let total = 0; ; ) {
        const forgotten = await writes.run({ verb: 'forget-idempotency-records', nowMs: now, limit: FORGOTTEN_AT_ONCE });
        total += forgotten;
        if (forgotten < FORGOTTEN_AT_ONCE) return total;
      }
    },
    leaseWork: (request) => writes.run({ verb: 'lease-work', ...request, nowMs }),
    finishWork: (work, next) => writes.run({ verb: 'finish-work', work, next, nowMs }),
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ping: () => probe.run((bytes) => writes.run({ verb: 'probe', bytes })),
    failure: () => probe.failure(),
    close() {
      closing.abort();
      whenClosed ??= writes.close().then(async () => {
        await checked;
        await writer.close();
        await pool.end();
      });
      return whenClosed;
    },
  };
}

/**
 * Opens the store in a PostgreSQL database. Any number of processes may do so at the same time. Work is due by the largest count of their
 * clocks.
 *
 * @throws {DatabaseNotUsableError} {@link SchemaTooNewError} each with a sentence that says what to do.
 */
export async function openPostgresStore(options: {
  readonly address: DatabaseAddress;
  readonly clock?: Pick<Clock, 'monotonic'>;
  readonly damage?: DamageReport;
}): Promise<Store> {
  const { address, clock, damage } = options;
  return createPostgresStore(await openDatabase(address), STORE_LIMITS, clock, damage);
}
