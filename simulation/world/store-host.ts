import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { databaseFilesIn } from '../../packages/server/src/store/sqlite/database-files.ts';
import { startInlineWriter } from '../../packages/server/src/store/sqlite/inline-writer.ts';
import { type EmbeddedStore, openSqliteStore } from '../../packages/server/src/store/sqlite/sqlite-store.ts';
import { resetWork } from '../../packages/server/src/store/sqlite/work.ts';
import { createProcessClock } from './process-clock.ts';
import type { Owner } from './schedule.ts';
import { createNotices, linkStore, type StoreLink } from './store-link.ts';
import { createTerms } from './terms.ts';
import type { World } from './world.ts';

/** The real SQLite store, with its transactions in this thread, and the links of the processes to it. */
export interface StoreHost {
  /** The data folder. Its path is too long for a socket, so that no server opens the operator's. */
  readonly folder: string;
  /** The store itself, for what sees everything. */
  readonly store: EmbeddedStore;
  /** A link for a process that starts. The embedded store is closed and opened again, as its process would. */
  link(owner: Owner): Promise<StoreLink>;
  /** Closes the store and opens it again on what it left in its files. */
  reopen(): Promise<void>;
  remove(): Promise<void>;
}

/** Memory as a file system, where there is one. */
const MEMORY = '/dev/shm';
const LONG_NAME = 'a-folder-whose-path-is-too-long-for-the-socket-of-the-operator-on-every-system-that-there-is-so-that-it-has-none';

/** Opens an empty store. */
export async function createStoreHost(world: World): Promise<StoreHost> {
  const root = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'openkupe-simulation-'));
  const folder = join(root, LONG_NAME);
  mkdirSync(folder);
  const isShared = world.weather.replicas > 1;
  const notices = createNotices(world);
  let opens = 0;
  async function open(): Promise<EmbeddedStore> {
    opens += 1;
    const owner = { name: `store.${opens}`, isAlive: true };
    const clock = createProcessClock(world.schedule, owner, { wallOffsetMs: 0 });
    return openSqliteStore({ folder, clock, startWriter: startInlineWriter });
  }
  /** As a process does on PostgreSQL when its term begins, by a connection of its own. */
  function endLeases(): void {
    const database = new DatabaseSync(databaseFilesIn(folder).database);
    resetWork(database);
    database.close();
    world.observers.leasesEnded();
  }
  const terms = createTerms(world, endLeases);
  let store = await world.loop.waitFor(open());
  async function reopen(): Promise<void> {
    await store.close();
    store = await open();
  }
  return {
    folder,
    get store() {
      return store;
    },
    reopen,
    async link(owner) {
      if (!isShared) await reopen();
      const beginTerm = isShared && world.weather.hasTerms ? terms.begin(owner) : undefined;
      return linkStore(world, owner, { open: () => store, notices, beginTerm, isShared });
    },
    async remove() {
      await world.loop.waitFor(store.close());
      await rm(root, { recursive: true, force: true });
    },
  };
}
