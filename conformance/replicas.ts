import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from './postgres-server.ts';
import { type StartedServer, startServer } from './start-server.ts';

/** Several processes on one PostgreSQL database. */
export interface Replicas {
  readonly postgres: PostgresServer;
  /** The first one, which has made the tenant. */
  readonly first: StartedServer;
  /** Starts another process, with the secrets of the first one and a data folder of its own. */
  add(variables?: Readonly<Record<string, string>>): Promise<StartedServer>;
  /** Starts a process on the data folder of one that has ended. */
  restart(ended: StartedServer, variables?: Readonly<Record<string, string>>): Promise<StartedServer>;
  /** Stops every process, and PostgreSQL. */
  stop(): Promise<void>;
}

/** Starts PostgreSQL and a first process on it. `variables` are those of every process, `ofFirst` those of the first. */
export async function startReplicas(
  variables: Readonly<Record<string, string>>,
  { settings = [], ofFirst = {} }: { readonly settings?: readonly string[]; readonly ofFirst?: Readonly<Record<string, string>> } = {},
): Promise<Replicas> {
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-replicas-'));
  const postgres = await startPostgres(settings);
  const started: StartedServer[] = [];
  let count = 0;
  const stop = async () => {
    await Promise.all(started.map((server) => server.stop()));
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const OPENKUPE_DATABASE_URL = await postgres.createDatabase('replicas');
    const start = async (dataFolder: string, more: Readonly<Record<string, string>> = {}) => {
      const server = await startServer({ dataFolder, variables: { ...variables, OPENKUPE_DATABASE_URL, ...more } });
      started.push(server);
      return server;
    };
    const first = await start(join(folder, 'replica-0'), ofFirst);
    return {
      postgres,
      first,
      async add(more) {
        count += 1;
        const dataFolder = join(folder, `replica-${count}`);
        await mkdir(dataFolder, { mode: 0o700 });
        await copyFile(join(first.dataFolder, 'secrets.json'), join(dataFolder, 'secrets.json'));
        return start(dataFolder, more);
      },
      restart: (ended, more) => start(ended.dataFolder, more),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
