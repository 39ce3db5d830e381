import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { testDatabaseOf } from './postgres-server.ts';

/** The control plane as a process: what it said, and how it ended. */
export interface ServerProcess {
  readonly pid: number;
  readonly output: { stdout: string; stderr: string };
  /** Resolves when the process has ended and all it wrote was read. */
  readonly ended: Promise<Ending>;
  signal(name: NodeJS.Signals): void;
  /** Reads nothing of what it says any more. */
  stopReading(): void;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A control plane that answers, and what a script needs to talk to it. */
export interface StartedServer {
  readonly host: string;
  readonly tenant: string;
  readonly apiKey: string;
  readonly dataFolder: string;
  readonly process: ServerProcess;
  /** SIGTERM; waits for the end. Removes the data folder if it was made here. */
  stop(): Promise<Ending>;
  /** SIGKILL; waits for the end and keeps the data folder, so that another can be started on it. */
  kill(): Promise<Ending>;
}

export interface StartOptions {
  /** `OPENKUPE_*` variables. */
  readonly variables?: Readonly<Record<string, string>>;
  /** A data folder that is kept; a new one in the temporary folder when absent. */
  readonly dataFolder?: string;
  /** The entry point of an installed server; that of the checkout when absent. */
  readonly main?: string;
}

const MAIN = fileURLToPath(new URL('../packages/server/src/start/main.mjs', import.meta.url));
const START_MS = 60_000;
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Compiled code is kept between starts: half of the time that a start takes, on a machine where dozens of servers start. */
const COMPILED = join(tmpdir(), 'openkupe-conformance-compiled');

/** The environment of this process without what would configure a server or a client by accident. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OPENKUPE_|KUPE_)/.test(name)));
}

/** Runs the server's entry point, or that of an installed one, with these flags and variables; waits for nothing. */
export function launchServer(
  flags: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  main: string = MAIN,
): ServerProcess {
  const child = spawn(process.execPath, [main, ...flags], {
    env: { NODE_COMPILE_CACHE: COMPILED, ...cleanEnvironment(), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const stopReading = () => {
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const ended = new Promise<Ending>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  return { pid: child.pid ?? 0, output, ended, signal: (name) => void child.kill(name), stopReading };
}

/** Resolves with the URL that the process prints once it listens; rejects with what it complained about if it ends before. */
async function untilListening(server: ServerProcess): Promise<string> {
  let ending: Ending | undefined;
  void server.ended.then((how) => {
    ending = how;
  });
  for (const started = Date.now(); Date.now() - started < START_MS; await sleep(10)) {
    const url = /openkupe is running at (\S+)/.exec(server.output.stdout)?.[1];
    if (url) return url;
    if (ending) throw new Error(`The server ended with code ${ending.code} before it listened: ${server.output.stderr}`);
  }
  server.signal('SIGKILL');
  throw new Error(`The server did not listen within ${START_MS / 1000} s: ${server.output.stderr}`);
}

async function untilReady(url: string): Promise<void> {
  for (const started = Date.now(); Date.now() - started < START_MS; await sleep(20)) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) return;
  }
  throw new Error(`${url}/readyz did not answer 200 within ${START_MS / 1000} s`);
}

function variableIn(environment: string, name: string): string {
  const value = new RegExp(`^export ${name}='([^']+)'$`, 'm').exec(environment)?.[1];
  if (!value) throw new Error(`The environment file has no ${name}: ${environment.replace(/kupe_\S+/g, 'kupe_…')}`);
  return value;
}

/** The coordinates in the environment file; a process without an API has none but its address. */
async function coordinatesOf(
  url: string,
  environmentFile: string,
  isApi: boolean,
): Promise<Pick<StartedServer, 'host' | 'tenant' | 'apiKey'>> {
  if (!isApi) return { host: url, tenant: '', apiKey: '' };
  const environment = await readFile(environmentFile, 'utf8');
  return {
    host: variableIn(environment, 'KUPE_HOST'),
    tenant: variableIn(environment, 'KUPE_TENANT'),
    apiKey: variableIn(environment, 'KUPE_API_KEY'),
  };
}

/** Starts a control plane on a free port and waits until `/readyz` answers 200. */
export async function startServer(options: StartOptions = {}): Promise<StartedServer> {
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-conformance-'));
  const dataFolder = options.dataFolder ?? join(folder, 'data');
  const environmentFile = join(folder, 'env');
  const variables = { ...(await testDatabaseOf(dataFolder)), ...options.variables };
  const isApi = options.variables?.OPENKUPE_ROLE !== 'workers';
  const { OPENKUPE_PORT: port = '0' } = variables as { readonly OPENKUPE_PORT?: string };
  const flags = ['--port', port, '--data', dataFolder, ...(isApi ? ['--write-env', environmentFile] : [])];
  const server = launchServer(flags, variables, options.main);
  const endWith = async (signal: NodeJS.Signals, removed?: string) => {
    server.signal(signal);
    const ending = await server.ended;
    if (removed) await rm(removed, { recursive: true, force: true });
    return ending;
  };
  try {
    const url = await untilListening(server);
    await untilReady(url);
    return {
      ...(await coordinatesOf(url, environmentFile, isApi)),
      dataFolder,
      process: server,
      stop: () => endWith('SIGTERM', folder),
      kill: () => endWith('SIGKILL'),
    };
  } catch (error) {
    await endWith('SIGKILL', folder);
    throw error;
  }
}
