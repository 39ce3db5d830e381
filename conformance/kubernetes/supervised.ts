import { type ChildProcess, spawn } from 'node:child_process';
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

/** A program with its arguments and further variables; it writes to `logFile`. */
export function supervise(path: string, args: readonly string[], logFile: string, env: Readonly<Record<string, string>> = {}): Supervised {
  let child: ChildProcess | undefined;
  let isWanted = false;
  return {
    get pid() {
      return child?.pid;
    },
    start() {
      const log = openSync(logFile, 'a');
      const started = spawn(path, args, { stdio: ['ignore', log, log], env: { ...process.env, ...env } });
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
