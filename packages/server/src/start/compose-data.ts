import type { Clock, Random } from '@openkupe/contract';
import type { Config } from '../config/config.ts';
import { type DatabaseSettings, loadDatabaseAddress } from '../config/database.ts';
import { loadSecrets } from '../config/secrets.ts';
import { createWriteCounters } from '../counters/write-counters.ts';
import type { ClusterEngine } from '../engines/engine.ts';
import type { Around } from '../http/http-server.ts';
import { createStderrLog } from '../log/stderr-log.ts';
import { openLocalValues } from '../secrets-backend/local/local-values.ts';
import { createStoredValues } from '../secrets-backend/stored/stored-values.ts';
import { createDamageReport } from '../store/broken-data.ts';
import type { openPostgresStore } from '../store/postgres/postgres-store.ts';
import { databaseNameIn } from '../store/sqlite/database-files.ts';
import { type EmbeddedStore, openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { StartWriter } from '../store/sqlite/writer.ts';
import { type BeginTerm, beginSoleTerm } from '../store/term.ts';
import { createConfirmedTime } from '../time/confirmed-time.ts';
import { companionsOfDatabase, dataFolderAt } from './data-folder.ts';

/**
 * What the machine gives. `startWriter`: how the store writes, where not in a thread of its own. A simulation, where several control planes share
 * one store and one engine in one process, brings both.
 */
export interface Machine {
  readonly clock: Clock;
  readonly random: Random;
  readonly startWriter?: StartWriter;
  readonly store?: EmbeddedStore;
  readonly engine?: ClusterEngine;
  /** What stands around the answering of requests, where another program has the control plane inside. */
  readonly around?: Around;
}

/** What `openData` opens. */
export type Data = Awaited<ReturnType<typeof openData>>;

/** The store in PostgreSQL, with its driver, which only this loads. */
export async function openDatabase(database: DatabaseSettings, options: Omit<Parameters<typeof openPostgresStore>[0], 'address'>) {
  const { openPostgresStore } = await import('../store/postgres/postgres-store.ts');
  return openPostgresStore({ ...options, address: await loadDatabaseAddress(database) });
}

/** What outlives the process: the store, the secrets of the installation, and the time as it was known. Nothing stays open if one fails. */
export async function openData(config: Config, { clock, random, startWriter, store: given }: Machine) {
  const log = createStderrLog(config.logLevel);
  const damage = createDamageReport(log);
  const folder = dataFolderAt(config.dataFolder);
  const writes = createWriteCounters();
  const opened = {
    folder: config.dataFolder,
    companions: () => companionsOfDatabase(config.dataFolder),
    clock,
    damage,
    keptEvents: config.keptEvents,
    writes,
  };
  const embedded = () => databaseNameIn(config.dataFolder) ?? [];
  const openStore = () =>
    config.database
      ? openDatabase(config.database, { ...opened, companions: () => [embedded(), opened.companions()].flat() })
      : openSqliteStore({ ...opened, ...(startWriter && { startWriter }) });
  const store = given ?? (await openStore());
  try {
    const secrets = await loadSecrets(folder, {
      random,
      store,
      isElsewhere: config.database !== undefined,
      given: config.secrets,
    });
    const confirmedTime = createConfirmedTime(clock, await store.knownTime());
    const { requirePlace } = store;
    const key = secrets.answerKey;
    const files = await openLocalValues({ folder: folder.secretValues, key, random, requirePlace, damage });
    const localValues = createStoredValues({ store, key, clock, random, damage, files, takesNew: config.database !== undefined });
    const { beginTerm = beginSoleTerm } = store as { beginTerm?: BeginTerm };
    return { log, damage, writes, folder, store, secrets, confirmedTime, localValues, beginTerm };
  } catch (error) {
    await store.close();
    throw error;
  }
}
