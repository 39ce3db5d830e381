import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

/** Where the programs of PostgreSQL are; Debian keeps them per version, off the PATH. The newest is first. */
export const PROGRAMS = [
  ...globSync('/usr/lib/postgresql/*/bin').sort((one, other) => Number(other.split('/')[4]) - Number(one.split('/')[4])),
  ...(process.env.PATH ?? '').split(':'),
].find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));

/** Whether a PostgreSQL server can be started. */
export const hasPostgres = PROGRAMS !== undefined;
/** For the title of a suite that needs one. */
export const NEEDS_POSTGRES = '(needs PostgreSQL 15 or newer: apt-get install postgresql)';

const NOBODY = 65_534;
/** PostgreSQL runs as no root; a test that does starts it as `nobody`. */
const ACCOUNT: { readonly uid?: number; readonly gid?: number } = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
const USER = 'openkupe';
const STANDBY = 'standby';
const START_MS = 30_000;
const runFile = promisify(execFile);
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A PostgreSQL server of a test's own, on a free port of loopback, with its data in a temporary folder. */
export interface PostgresServer {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The folder with everything of this server; `server.crt`, for example, may be put there. */
  readonly folder: string;
  /** Makes a database and returns its URL, with the password. */
  createDatabase(name: string): Promise<string>;
  /** Runs SQL as superuser; returns what psql prints, unaligned and without headers. */
  sql(database: string, text: string): Promise<string>;
  /** Starts a synchronous standby of it, which every later commit waits for. */
  standby(): Promise<PostgresServer>;
  /** Kills every process of it with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and data. */
  start(): Promise<void>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/** Where a run of the tests on PostgreSQL has its server (`npm run test:postgres`); empty in any other run. */
const SHARED = process.env.POSTGRES_OF_TESTS ?? '';

/** The setting that gives the server with this data folder a database of its own, the same one at every start; none in a run on SQLite. */
export async function testDatabaseOf(dataFolder: string): Promise<Record<string, string>> {
  if (SHARED === '') return {};
  const { folder, port, user, password } = JSON.parse(SHARED) as Pick<PostgresServer, 'folder' | 'port' | 'user' | 'password'>;
  const name = `of_${createHash('sha256').update(dataFolder).digest('hex').slice(0, 24)}`;
  const isThere = await psql(folder, port, 'postgres', `SELECT 1 FROM pg_database WHERE datname = '${name}'`);
  if (isThere === '') await psql(folder, port, 'postgres', `CREATE DATABASE "${name}" OWNER ${user}`);
  return { OPENKUPE_DATABASE_URL: `postgres://${user}:${password}@127.0.0.1:${port}/${name}` };
}

/**
 * Where it is installed, util-linux's setpriv lets the kernel stop PostgreSQL when the process that started it ends, in whichever way
 * (`immediate` shutdown; PR_SET_PDEATHSIG(2const)).
 */
const WITH_PARENT = [
  ...(process.env.PATH ?? '')
    .split(':')
    .map((folder) => join(folder, 'setpriv'))
    .filter(existsSync),
]
  .slice(0, 1)
  .flatMap((setpriv) => [setpriv, '--pdeathsig', 'QUIT']);

const program = (name: string) => join(PROGRAMS ?? '', name);
type Environment = Readonly<Record<string, string>>;
const environment = { PATH: process.env.PATH, LC_ALL: 'C' };

/** The processes that `pid` has started: its backends and background workers (proc_pid_stat(5): the parent is the field after the state). */
function childrenOf(pid: number): number[] {
  const isChild = (name: string) => {
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8');
      return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]) === pid;
    } catch {
      return false;
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isChild(name))
    .map(Number);
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** Starts the server process; resolves once it accepts connections. */
async function launch(folder: string, port: number, settings: readonly string[], more: Environment): Promise<ChildProcess> {
  const flags = ['-D', join(folder, 'data'), '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  const [command = '', ...rest] = [...WITH_PARENT, program('postgres'), ...flags];
  const child = spawn(command, rest, { ...ACCOUNT, env: { ...environment, ...more }, stdio: ['ignore', 'ignore', 'pipe'] });
  running.add(child);
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const timeout = setTimeout(() => reject(new Error(`PostgreSQL did not start within ${START_MS / 1000} s: ${said}`)), START_MS);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (!/ready to accept (read-only )?connections/.test(said)) return;
      clearTimeout(timeout);
      said = '';
      resolve();
    });
    child.once('close', () => {
      running.delete(child);
      clearTimeout(timeout);
      reject(new Error(`PostgreSQL ended: ${said}`));
    });
  });
  return child;
}

/** Runs SQL as superuser, through the socket in `folder`. */
async function psql(folder: string, port: number, database: string, text: string): Promise<string> {
  const flags = ['-h', folder, '-p', String(port), '-U', 'postgres', '-d', database, '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', text];
  const { stdout } = await runFile(program('psql'), flags, { cwd: folder, env: environment });
  return stdout.trim();
}

async function makeCluster(folder: string, password: string): Promise<void> {
  if (ACCOUNT.uid !== undefined) await chown(folder, NOBODY, NOBODY);
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o644 });
  const flags = ['-D', join(folder, 'data'), '-U', 'postgres', '--auth-local=trust', '--auth-host=scram-sha-256'];
  await runFile(program('initdb'), [...flags, `--pwfile=${passwordFile}`, '--no-sync', '-E', 'UTF8', '--no-locale'], {
    ...ACCOUNT,
    cwd: folder,
    env: environment,
  });
}

/** Copies the data of a running server, for a standby that follows it under the name `standby`. */
async function copyCluster(from: Pick<PostgresServer, 'folder' | 'port'>, folder: string): Promise<void> {
  if (ACCOUNT.uid !== undefined) await chown(folder, NOBODY, NOBODY);
  const source = `host=${from.folder} port=${from.port} user=postgres application_name=${STANDBY}`;
  await runFile(program('pg_basebackup'), ['-d', source, '-D', join(folder, 'data'), '-R', '-X', 'stream', '-c', 'fast', '--no-sync'], {
    ...ACCOUNT,
    cwd: folder,
    env: environment,
  });
}

/**
 * Makes a cluster and starts it. `settings`: more of `postgresql.conf`, e.g. `fsync=on`; it is off where no test cuts the power. `more`: environment
 * of its processes.
 */
export async function startPostgres(settings: readonly string[] = [], more: Environment = {}): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-postgres-'));
  const password = randomBytes(12).toString('hex');
  await makeCluster(folder, password);
  const server = await startOn(folder, password, settings, more);
  await server.sql('postgres', `CREATE ROLE ${USER} LOGIN PASSWORD '${password}'`);
  return server;
}

/** Starts a server on the data in a folder. */
async function startOn(folder: string, password: string, settings: readonly string[], more: Environment = {}): Promise<PostgresServer> {
  const port = await freePort();
  const all = ['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off', 'shared_buffers=32MB', ...settings];
  let child = await launch(folder, port, all, more);

  const ended = () =>
    new Promise<void>((resolve) => void (child.exitCode !== null || child.signalCode ? resolve() : child.once('close', () => resolve())));
  const sql = (database: string, text: string) => psql(folder, port, database, text);

  return {
    port,
    user: USER,
    password,
    folder,
    sql,
    async createDatabase(name) {
      await sql('postgres', `CREATE DATABASE "${name}" OWNER ${USER}`);
      return `postgres://${USER}:${password}@127.0.0.1:${port}/${name}`;
    },
    async standby() {
      const ownFolder = await mkdtemp(join(tmpdir(), 'openkupe-postgres-'));
      await copyCluster({ folder, port }, ownFolder);
      const standby = await startOn(ownFolder, password, settings);
      // NOTE: set after the copy, so that the standby waits for none once it was promoted.
      await sql('postgres', `ALTER SYSTEM SET synchronous_standby_names = '${STANDBY}'`);
      await sql('postgres', 'SELECT pg_reload_conf()');
      return standby;
    },
    async kill() {
      const pid = child.pid ?? 0;
      const children = childrenOf(pid);
      // NOTE: the parent first, so that it starts no other.
      for (const one of [pid, ...children]) killed(one);
      await ended();
    },
    async start() {
      child = await launch(folder, port, all, more);
    },
    async stop() {
      child.kill('SIGINT');
      await ended();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
