import { type Clock, systemClock } from '@openkupe/contract';
import { countWrites, createWriteCounters, type WriteCounters } from '../../counters/write-counters.ts';
import { BrokenDataError, createDamageReport, type DamageReport } from '../broken-data.ts';
import { lockPath } from '../path-lock.ts';
import type { Store } from '../store.ts';
import { closed, moved } from '../unavailable.ts';
import { createCommitListeners, createWriteMethods, STORE_LIMITS, type StoreLimits } from '../write-methods.ts';
import { createProbe, createWriteQueue } from '../write-queue.ts';
import { prepareClusterFacts } from './cluster-facts.ts';
import { prepareIdempotencyReads } from './idempotency-records.ts';
import { startInlineWriter } from './inline-writer.ts';
import { prepareInstallation } from './installation.ts';
import { prepareLedgerReads } from './ledger.ts';
import { type OpenDatabase, openFolder } from './open.ts';
import { prepareReads } from './read.ts';
import { createRowCache } from './row-cache.ts';
import { isStoreFailure, unavailable } from './unavailable.ts';
import { prepareDueTenants, prepareNextWork } from './work.ts';
import type { BrokenRow, StartWriter } from './writer.ts';
import { startWriterThread } from './writer-thread.ts';

/** The store in a data folder. */
export interface EmbeddedStore extends Store {
  /**
   * Looks whether the data folder is still where it was opened; reads are refused from the first look that finds it is not. Forgets what is kept
   * in memory where another program has written.
   */
  isInPlace(): boolean;
  /** For what writes to the data folder beside the store. @throws {StoreUnavailableError} where {@link isInPlace} answers false. */
  requirePlace(): void;
}

/** Builds the store on an open database, which it closes with itself. */
export function createSqliteStore(
  open: OpenDatabase,
  limits: StoreLimits,
  clock: Pick<Clock, 'monotonic'> = systemClock,
  damage: DamageReport = createDamageReport({ error: () => {} }),
  startWriter: StartWriter = startInlineWriter,
  writes: WriteCounters = createWriteCounters(),
): EmbeddedStore {
  const { database } = open;
  const cache = createRowCache(open.versions);
  const dataVersion = database.prepare('PRAGMA data_version');
  let seenVersion: unknown;
  let isMoved = false;
  /** Commits of other processes are not counted in `open.versions`, but move this number (https://www.sqlite.org/pragma.html#pragma_data_version). */
  function forgetIfOthersWrote(): void {
    if (!database.isOpen) return;
    const { data_version: version } = dataVersion.get() as { data_version: unknown };
    if (version !== seenVersion) cache.clear();
    seenVersion = version;
  }
  const isInPlace = () => {
    isMoved = !open.isInPlace();
    forgetIfOthersWrote();
    return !isMoved;
  };
  const idempotencyRecords = prepareIdempotencyReads(database);
  const ledger = prepareLedgerReads(database, damage);
  const nextWorkInMs = prepareNextWork(database);
  const dueTenants = prepareDueTenants(database);
  const installation = prepareInstallation(database, damage);
  const clusterFacts = prepareClusterFacts(database);
  const reads = prepareReads(database, damage, cache);
  const probe = createProbe();
  const writer = startWriter(open, { keptEvents: limits.keptEvents, onBroken: (rows) => rows.forEach(noteBroken) });
  const queue = createWriteQueue(countWrites(writer, writes, clock), limits.largestGroup);

  /** Reads what cannot be read, which notes it. */
  function noteBroken(row: BrokenRow): void {
    try {
      if ('ledger' in row) ledger.after(row.ledger, row.entry - 1, 1);
      else reads.get(row);
    } catch {
      // It is noted; what needs it says so when it is asked for.
    }
  }
  /** Remembers why a change failed; too little space is looked at each time instead, so that room counts from the moment at which it is made. */
  const noteFailure = (error: unknown): never => {
    if (isInPlace() && open.isFull()) throw error;
    return probe.noteFailure(error);
  };
  /** Reads; a failing, moved or closed store becomes {@link StoreUnavailableError}. */
  async function reading<T>(read: () => T): Promise<T> {
    if (!database.isOpen) throw closed();
    if (isMoved) throw moved('no');
    try {
      return read();
    } catch (error) {
      if (!isStoreFailure(error)) throw error;
      const failed = unavailable(error);
      if (failed.failure === 'damaged') damage.note(new BrokenDataError('pages of the database', 'SQLite finds them malformed', error));
      throw failed;
    }
  }
  return {
    ...createWriteMethods({
      queue,
      probe: { ...probe, noteFailure },
      listeners: createCommitListeners(),
      nowMs: () => clock.monotonic(),
    }),
    get: (key) => reading(() => reads.get(key)),
    find: (kind, name) => reading(() => reads.find(kind, name)),
    findCluster: (uid) => reading(() => reads.findCluster(uid)),
    list: (kind, tenant) => reading(() => reads.list(kind, tenant)),
    scan: (kind, tenant, range) => reading(() => reads.scan(kind, tenant, range)),
    countTargets: (tenant) => reading(() => reads.countTargets(tenant)),
    alertBytes: (tenant) => reading(() => reads.alertBytes(tenant)),
    listReadable: (kind, tenant) => reading(() => reads.listReadable(kind, tenant)),
    keys: (kind, tenant) => reading(() => reads.keys(kind, tenant)),
    keysAfter: (kind, after, limit) => reading(() => reads.keysAfter(kind, after, limit)),
    clusterFacts: (after, limit) => reading(() => clusterFacts(after, limit)),
    events: (after, limit) => reading(() => reads.events(after, limit)),
    tenantCreatedIn: (tenant) => reading(() => reads.tenantCreatedIn(tenant)),
    newestRevision: () => reading(() => reads.newestRevision()),
    audit: (tenant, limit, before) => reading(() => reads.audit(tenant, limit, before)),
    ledger: (tenant, entry, limit) => reading(() => ledger.after(tenant, entry, limit)),
    lastLedger: (tenant, kind) => reading(() => ledger.last(tenant, kind)),
    idempotencyRecord: (scope, nowMs) => reading(() => idempotencyRecords.find(scope, nowMs)),
    secretsCheck: () => reading(() => installation.secretsCheck()),
    knownTime: () => reading(() => installation.knownTime()),
    nextWorkInMs: () => reading(() => nextWorkInMs(clock.monotonic())),
    dueTenants: (limit) => reading(() => dueTenants(clock.monotonic(), limit)),
    idempotencyRecordBytes: (tenant) => reading(() => idempotencyRecords.bytes(tenant)),
    diskUsage: () => reading(() => ({ ...open.size(), idempotencyRecords: idempotencyRecords.bytes(undefined) })),
    failure() {
      if (!isInPlace()) return 'moved';
      return open.isFull() ? 'full' : probe.failure();
    },
    isInPlace,
    requirePlace() {
      if (!isInPlace()) throw moved('no');
    },
    async close() {
      await queue.close();
      await writer.close();
      if (database.isOpen) open.close();
    },
  };
}

/**
 * Opens the embedded store in `folder`, which it creates when it is missing. One process at a time. Work is due by `clock`. Transactions run in
 * a thread of their own unless `startWriter` says otherwise.
 *
 * `companions` names what is kept in the folder beside the database; where there is some, a database that is missing or empty is refused.
 *
 * @throws {DataFolderNotUsableError} {@link DataFolderIncompleteError} {@link DataFolderInUseError} {@link SchemaTooNewError} each with
 * a sentence that says what to do.
 */
export async function openSqliteStore(options: {
  readonly folder: string;
  readonly companions?: () => readonly string[];
  readonly clock?: Pick<Clock, 'monotonic'>;
  readonly damage?: DamageReport;
  readonly startWriter?: StartWriter;
  /** {@link StoreLimits.keptEvents}. */
  readonly keptEvents?: number;
  readonly writes?: WriteCounters;
}): Promise<EmbeddedStore> {
  const path = await lockPath(options.folder);
  try {
    const open = openFolder(options.folder, options.companions);
    const { clock, damage, startWriter = startWriterThread, keptEvents = STORE_LIMITS.keptEvents, writes } = options;
    const store = open.explaining(() => createSqliteStore(open, { ...STORE_LIMITS, keptEvents }, clock, damage, startWriter, writes));
    return { ...store, close: () => store.close().finally(path.release) };
  } catch (error) {
    await path.release();
    throw error;
  }
}
