import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** A program that a test starts, kills and starts again, with the same arguments. */
export interface Supervised {
  readonly pid: number | undefined;
  start(): void;
  /** Sends a signal and waits until the process is gone; nothing where it is not running. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Stops it in the middle of what it does, and lets it go on. */
  pause(): void;
  resume(): void;
  /** Throws, with the end of its log, where it has ended by itself. */
  throwIfEnded(): void;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Has the kernel end a program with the process that started it, also where that is killed (setpriv(1), prctl(2): PR_SET_PDEATHSIG). */
const WITH_THIS_PROCESS = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;
const canEndTogether = spawnSync(WITH_THIS_PROCESS[0], [...WITH_THIS_PROCESS.slice(1), 'true']).status === 0;

/**
 * A program with its arguments and further variables; it writes to `logFile`. It ends with this process, where that is killed only if the machine
 * has a setpriv(1) that can.
 */
export function supervise(path: string, args: readonly string[], logFile: string, env: Readonly<Record<string, string>> = {}): Supervised {
  let child: ChildProcess | undefined;
  let isWanted = false;
  return {
    get pid() {
      return child?.pid;
    },
    start() {
      const log = openSync(logFile, 'a');
      const [program = path, ...words] = [...(canEndTogether ? WITH_THIS_PROCESS : []), path, ...args];
      const started = spawn(program, words, { stdio: ['ignore', log, log], env: { ...process.env, ...env } });
      closeSync(log);
      running.add(started);
      started.once('close', () => running.delete(started));
      started.on('error', () => running.delete(started));
      child = started;
      isWanted = true;
    },
    async kill(signal = 'SIGKILL') {
      isWanted = false;
      const ending = child;
      if (!ending || ending.exitCode !== null || ending.signalCode !== null || ending.pid === undefined) return;
      const closed = new Promise((resolve) => ending.once('close', resolve));
      ending.kill(signal);
      await closed;
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    throwIfEnded() {
      if (!isWanted || (child?.exitCode === null && child.signalCode === null && child.pid !== undefined)) return;
      throw new Error(`${path} has ended:\n${readFileSync(logFile, 'utf8').slice(-1_500)}`);
    },
  };
}
