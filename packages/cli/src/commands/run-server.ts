import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import type { Clock } from '@openkupe/contract';
import type { Context } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import type { Io, SignalName } from '../io.ts';
import type { Result } from '../output/result.ts';
import { exitCodeOfChild } from './exit-code-of-child.ts';

/** The server's sources are TypeScript, which Node runs directly from this version on. */
const LEAST_NODE_MAJOR = 24;
/** How often the ancestors are read from /proc. */
const ANCESTORS_POLL_MS = 500;

function find(io: Io, module: string): string | undefined {
  try {
    return createRequire(io.installedAt).resolve(module);
  } catch {
    return undefined;
  }
}

/** A program that lies beside this one and is not part of it. */
interface Program {
  readonly module: string;
  /** What to say where it is not there. */
  readonly missing: string;
}

const SERVER: Program = {
  module: '@openkupe/server/main',
  missing: 'The server is not installed beside this program; run `openkupe up` in a checkout of openkupe.',
};
const SANDBOX: Program = {
  module: '@openkupe/sandbox/main',
  missing:
    'The sandbox is not installed beside this program; install @openkupe/sandbox, or run `openkupe sandbox` in a checkout of openkupe.',
};

function programPath(io: Io, { module, missing }: Program): string {
  const found = find(io, module);
  if (found) return found;
  throw new Failure(missing, { code: 'no-server', exit: EXIT.failed });
}

/** A Node that runs the server: this one when it is new enough, otherwise the one that npm installed with the workspace. */
function nodePath(io: Io): string {
  if (Number.parseInt(io.node.version.replace(/^v/, ''), 10) >= LEAST_NODE_MAJOR) return io.node.path;
  const binary = platform() === 'win32' ? 'bin/node.exe' : 'bin/node';
  const found = find(io, `node-${platform()}-${arch()}/${binary}`);
  if (found) return found;
  throw new Failure(`The server needs Node ${LEAST_NODE_MAJOR} or newer, and this is ${io.node.version}; install a newer one.`, {
    code: 'old-node',
    exit: EXIT.failed,
  });
}

/** The process that started that one, where the system shows it (Linux); `undefined` elsewhere, and for one that is gone. */
function parentOf(pid: number): string | undefined {
  try {
    // The name of the program stands in brackets and may hold anything; state and parent follow it (proc_pid_stat(5)).
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1];
  } catch {
    return undefined;
  }
}

/**
 * Calls `ended` once the parent or the grandparent of this process has ended. `npx` runs a shell that runs this program: a signal that a
 * supervisor sends to one of the two does not reach this process.
 */
async function watchAncestors(clock: Clock, signal: AbortSignal, ended: () => void): Promise<void> {
  const ancestors = () => `${process.ppid} ${parentOf(process.ppid)}`;
  const atStart = ancestors();
  while (ancestors() === atStart) await clock.sleep(ANCESTORS_POLL_MS, signal);
  ended();
}

/** Runs the server in the foreground with this terminal, passing signals on; its exit code is ours. With `npx` it ends with that, too. */
async function runInForeground(
  io: Io,
  [path, ...rest]: readonly [string, ...string[]],
  npx: { readonly clock: Clock } | undefined,
): Promise<number> {
  const { spawn } = await import('node:child_process');
  // The IPC channel closes with this process, however it ends; the server stops then.
  const child = spawn(nodePath(io), [path, ...rest], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  const forward = (name: SignalName) => {
    // NOTE: a terminal sends Ctrl-C to the child as well; passing it on would be a second one, which stops the server at once.
    if (name !== 'SIGINT' || !io.stdin.isTerminal) child.kill(name);
  };
  const stopForwarding = io.onSignal(forward);
  const over = new AbortController();
  if (npx) void watchAncestors(npx.clock, over.signal, () => child.kill('SIGTERM')).catch(() => {});
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(exitCodeOfChild(code, signal)));
  }).finally(() => {
    stopForwarding();
    over.abort();
  });
}

type RunContext = Pick<Context, 'io' | 'env' | 'clock'>;

async function runProgram(program: Program, rest: readonly string[], { io, env, clock }: RunContext): Promise<Result> {
  const npx = env.npm_lifecycle_event === 'npx' ? { clock } : undefined;
  return { kind: 'exit', code: await runInForeground(io, [programPath(io, program), ...rest], npx) };
}

/** Runs the server's program as a child process in the foreground, with these arguments; its exit code is that of the command. */
export function runServer(rest: readonly string[], context: RunContext): Promise<Result> {
  return runProgram(SERVER, rest, context);
}

/** Runs the sandbox's program likewise. */
export function runSandbox(rest: readonly string[], context: RunContext): Promise<Result> {
  return runProgram(SANDBOX, rest, context);
}
