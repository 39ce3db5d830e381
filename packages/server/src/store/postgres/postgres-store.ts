import { type Clock, systemClock, systemRandom } from '@openkupe/contract';
import { countWrites, createWriteCounters, type WriteCounters } from '../../counters/write-counters.ts';
import { createDamageReport, type DamageReport } from '../broken-data.ts';
import type { DatabaseAddress } from '../database-address.ts';
import { DataFolderIncompleteError } from '../open-errors.ts';
import type { Store } from '../store.ts';
import type { BeginTerm } from '../term.ts';
import { closed } from '../unavailable.ts';
import { createCommitListeners, createWriteMethods, STORE_LIMITS, type StoreLimits } from '../write-methods.ts';
import { createProbe, createWriteQueue } from '../write-queue.ts';
import { listenForCommits } from './announcements.ts';
import { readClusterFacts } from './cluster-facts.ts';
import { within } from './connect.ts';
import { type HeldFolder, holdFolder } from './data-folder.ts';
import { readDiskUsage } from './disk-usage.ts';
import { findBroken } from './find-broken.ts';
import { readNewestRevision } from './head.ts';
import { readRecord, readRecordBytes } from './idempotency-records.ts';
import { readKnownTime, readSecretsCheck } from './installation.ts';
import { createLedgerReads } from './ledger.ts';
import { type OpenDatabase, openDatabase } from './open.ts';
import { createReads } from './read.ts';
import { createStoreClock } from './store-clock.ts';
import { beginTerm } from './term.ts';
import { unavailable } from './unavailable.ts';
import { readDueTenants, readNextWork } from './work.ts';
import { createWriter } from './writer.ts';

const SENDER_BYTES = 8;

/** The store, and how the processes on its database take turns in working on what is due. */
export type PostgresStore = Store & {
  readonly beginTerm: BeginTerm;
  /** Resolves once commits of other processes are reported, or could not be at the first attempt. */
  readonly whenListening: Promise<void>;
};

/** Builds the store on an open database, which it closes with itself. */
export function createPostgresStore(
  { pool, client, clockMs, connectWriter: connect, leadsToPrimary, connectSession, checkSession }: OpenDatabase,
  limits: StoreLimits = STORE_LIMITS,
  clock: Pick<Clock, 'monotonic'> = systemClock,
  damage: DamageReport = createDamageReport({ error: () => {} }),
  writes: WriteCounters = createWriteCounters(),
): PostgresStore {
  const storeClock = createStoreClock(clock);
  storeClock.catchUp(clockMs);
  const sender = Buffer.from(systemRandom.bytes(SENDER_BYTES)).toString('hex');
  const writer = createWriter({ connect, leadsToPrimary, client, clock: storeClock, keptEvents: limits.keptEvents, sender });
  const queue = createWriteQueue(countWrites(writer, writes, clock), limits.largestGroup);
  const reads = createReads(pool, damage);
  const ledger = createLedgerReads(pool, damage);
  const closing = new AbortController();
  const listeners = createCommitListeners();
  // NOTE: by the real clock, as every time limit of a connection.
  const sessions = { connect: connectSession, check: checkSession, clock: systemClock };
  const { promise: whenListening, resolve: onTried } = Promise.withResolvers<void>();
  const listened = listenForCommits({ ...sessions, sender, onCommit: listeners.notify, onTried }, closing.signal);
  let whenClosed: Promise<void> | undefined;
  const checked = findBroken(pool, { resource: reads.check, entry: ledger.check }, closing.signal).catch(() => {
    // NOTE: a database that is gone is noticed by what asks it next; what cannot be read is noted when it is read.
  });
  async function reading<T>(read: () => Promise<T>): Promise<T> {
    if (closing.signal.aborted) throw closed();
    return read().catch((error: unknown) => {
      throw unavailable(error);
    });
  }

  return {
    // NOTE: the writer counts by the store's clock; the readings that requests carry are those of another store.
    ...createWriteMethods({ queue, probe: createProbe(), listeners, nowMs: () => 0 }),
    whenListening,
    beginTerm: (signal) => beginTerm(sessions, signal),
    get: (key) => reading(() => reads.get(key)),
    find: (kind, name) => reading(() => reads.find(kind, name)),
    findCluster: (uid) => reading(() => reads.findCluster(uid)),
    list: (kind, tenant) => reading(() => reads.list(kind, tenant)),
    listReadable: (kind, tenant) => reading(() => reads.listReadable(kind, tenant)),
    scan: (kind, tenant, range) => reading(() => reads.scan(kind, tenant, range)),
    countTargets: (tenant) => reading(() => reads.countTargets(tenant)),
    alertBytes: (tenant) => reading(() => reads.alertBytes(tenant)),
    keys: (kind, tenant) => reading(() => reads.keys(kind, tenant)),
    keysAfter: (kind, after, limit) => reading(() => reads.keysAfter(kind, after, limit)),
    clusterFacts: (after, limit) => reading(() => readClusterFacts(pool, after, limit)),
    events: (after, limit) => reading(() => reads.events(after, limit)),
    tenantCreatedIn: (tenant) => reading(() => reads.tenantCreatedIn(tenant)),
    newestRevision: () => reading(() => readNewestRevision(pool)),
    audit: (tenant, limit, before) => reading(() => reads.audit(tenant, limit, before)),
    ledger: (tenant, entry, limit) => reading(() => ledger.after(tenant, entry, limit)),
    lastLedger: (tenant, kind) => reading(() => ledger.last(tenant, kind)),
    idempotencyRecord: (scope, now) => reading(() => readRecord(pool, scope, now)),
    idempotencyRecordBytes: (tenant) => reading(() => readRecordBytes(pool, tenant)),
    diskUsage: () => reading(() => readDiskUsage(pool)),
    secretsCheck: () => reading(() => readSecretsCheck(pool)),
    knownTime: () => reading(() => readKnownTime(pool, damage)),
    nextWorkInMs: () => reading(() => readNextWork(pool, storeClock.now())),
    dueTenants: (limit) => reading(() => readDueTenants(pool, storeClock.now(), limit)),
    close() {
      closing.abort();
      // NOTE: on a network that is silent neither check nor listening ends by itself; and a pool that has ended leaves queries in its queue unanswered.
      whenClosed ??= Promise.all([queue.close(), within(checked), within(listened)]).then(async () => {
        await Promise.all([writer.close(), pool.end()]);
      });
      return whenClosed;
    },
  };
}

/** What of a data folder belongs to the database that it was made with; the secrets alone may be there before the database is. */
function checkIsItsFolder(folder: string, companions: readonly string[]): void {
  const left = companions.filter((name) => name !== 'secrets.json');
  if (left.length === 0) return;
  throw new DataFolderIncompleteError(
    `The data folder "${folder}" holds ${left.join(', ')} of an installation, but the database is empty; correct OPENKUPE_DATABASE_URL or leave it out, or choose another folder`,
  );
}

/**
 * Opens the store in a PostgreSQL database, and holds the data folder with what is kept beside it. Any number of processes may be on a database,
 * each with a folder of its own. Work is due by the largest count of their clocks. `companions`: what of an installation is in the folder.
 *
 * @throws {DatabaseNotUsableError} {@link SchemaTooNewError} {@link DataFolderNotUsableError} {@link DataFolderIncompleteError}
 * {@link DataFolderInUseError} each with a sentence that says what to do.
 */
export async function openPostgresStore(options: {
  readonly address: DatabaseAddress;
  readonly folder: string;
  readonly companions?: () => readonly string[];
  readonly clock?: Pick<Clock, 'monotonic'>;
  readonly damage?: DamageReport;
  /** {@link StoreLimits.keptEvents}. */
  readonly keptEvents?: number | undefined;
  readonly writes?: WriteCounters;
}): Promise<PostgresStore & Omit<HeldFolder, 'release'>> {
  const { address, folder, companions = () => [], clock, damage, keptEvents = STORE_LIMITS.keptEvents, writes } = options;
  const { release, ...held } = await holdFolder(folder);
  try {
    const store = createPostgresStore(await openDatabase(address), { ...STORE_LIMITS, keptEvents }, clock, damage, writes);
    const all = { ...store, ...held, close: () => store.close().finally(release) };
    try {
      await store.whenListening;
      if ((await store.secretsCheck()) === undefined) checkIsItsFolder(folder, companions());
      return all;
    } catch (error) {
      await store.close();
      throw error;
    }
  } catch (error) {
    await release();
    throw error;
  }
}
