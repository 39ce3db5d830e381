import { createRequire } from 'node:module';
import { arch, constants, platform } from 'node:os';
import { command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import type { Io, SignalName } from '../io.ts';

/** The server's sources are TypeScript, which Node runs directly from this version on. */
const LEAST_NODE_MAJOR = 24;

function find(io: Io, module: string): string | undefined {
  try {
    return createRequire(io.installedAt).resolve(module);
  } catch {
    return undefined;
  }
}

function serverPath(io: Io): string {
  const found = find(io, '@openkupe/server/main');
  if (found) return found;
  throw new Failure('The server is not installed beside this program; run `openkupe up` in a checkout of openkupe.', {
    code: 'no-server',
    exit: EXIT.failed,
  });
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

/** How the shell numbers an end by signal: 128 and the signal. */
function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal ? constants.signals[signal] : 1);
}

/** Runs the server in the foreground with this terminal, passing signals on; its exit code is ours. */
async function serve(io: Io, rest: readonly string[]): Promise<number> {
  const { spawn } = await import('node:child_process');
  // The IPC channel closes with this process, however it ends; the server stops then.
  const child = spawn(nodePath(io), [serverPath(io), ...rest], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  const forward = (name: SignalName) => {
    // NOTE: a terminal sends Ctrl-C to the child as well; passing it on would be a second one, which stops the server at once.
    if (name !== 'SIGINT' || !io.stdin.isTerminal) child.kill(name);
  };
  const stopForwarding = io.onSignal(forward);
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(exitCodeOf(code, signal)));
  }).finally(stopForwarding);
}

export const up = command({
  path: 'up',
  summary: 'Start a control plane on this machine.',
  details: 'Everything after `up` is handed to the server as it is; `openkupe up --help` prints its settings. Ctrl-C stops it.',
  examples: [
    { run: 'openkupe up', why: 'on port 8080, data in ./data' },
    { run: 'openkupe up --port 9000 --write-env openkupe.env', why: 'then: source openkupe.env' },
  ],
  args: {},
  flags: {},
  formats: [],
  takesRest: true,
  ownsSignals: true,
  isRemote: false,
  async run({ rest }, { io }) {
    return { kind: 'exit', code: await serve(io, rest) };
  },
});
